"""The deep look of `wellfit check --deep` on the terminal: what it will cost, and how far it is."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wellfit.cli.proving import progress, spoken

if TYPE_CHECKING:
    from wellfit.deep.examine import DeepTerms
    from wellfit.deep.plan import DeepPlan
    from wellfit.prove.prove import Progress


@contextmanager
def looking(*, budget_s: float, quiet: bool) -> "Iterator[DeepTerms]":
    """The terms of a deep look in this folder; a bar runs from its announcement on."""
    from wellfit.deep.examine import DeepTerms

    bar: list[Progress] = []

    def tell(done: int, total: int) -> None:
        bar[-1](done, total)

    with ExitStack() as stack:

        def say(plan: "DeepPlan") -> None:
            if not quiet:
                click.echo(f"wellfit: {announce(plan, budget_s)}", err=True)
            # Not before: until then the screen is the script's own.
            bar.append(stack.enter_context(progress(quiet=quiet, title="looking deeper")))

        yield DeepTerms(Path.cwd(), budget_s, say, tell)


def announce(plan: "DeepPlan", budget_s: float) -> str:
    """What will run, and what it costs, before it does."""
    count = len(plan.variants)
    runs = ", ".join(variant.name for variant in plan.variants)
    return (
        f"looking deeper: {count} {'runs' if count > 1 else 'run'} ({runs}) of"
        f" {plan.train_steps + plan.score_steps} steps in a copy of this folder, about {spoken(plan.expected_s)}"
        f" (--budget {spoken(budget_s)}); Ctrl-C keeps what is done"
    )
