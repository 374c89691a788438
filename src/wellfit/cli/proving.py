"""The proofs of `wellfit check --prove` on the terminal: what they will cost, and how far they are."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from wellfit.duration import seconds_of

if TYPE_CHECKING:
    from wellfit.prove.plan import Plan
    from wellfit.prove.prove import Progress


# Generic in newer versions of click only.
class Duration(click.ParamType):  # type: ignore[type-arg,unused-ignore]
    """A time as people type it: 90, 90s, 2min, 1.5h."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds."""
        if isinstance(value, (int, float)):
            return float(value)
        seconds = seconds_of(value)
        if seconds is None:
            self.fail(f"{value!r} is no time: use seconds, or 90s, 2min, 1h", param, ctx)
        return seconds


def announce(plan: "Plan", budget_s: float) -> str:
    """What will run, and what it costs, before it does."""
    count = len(plan.cures)
    cures = f"{count} cures" if count > 1 else "1 cure"
    seeds = f"{plan.seeds} seeds" if plan.seeds > 1 else "1 seed"
    variants = "as is, cured" if count == 1 else f"as is, {count} cures alone, all together"
    return (
        f"proving {cures}: {seeds} x {len(plan.variants)} runs ({variants}) of"
        f" {plan.train_steps + plan.score_steps} steps in a copy of this folder,"
        f" about {spoken(min(plan.expected_s, budget_s))} (--budget {spoken(budget_s)}); Ctrl-C keeps what is measured"
    )


def announce_recipe(plan: "Plan", budget_s: float) -> str:
    """The same for `wellfit recipe --prove`."""
    seeds = f"{plan.seeds} seeds" if plan.seeds > 1 else "1 seed"
    return (
        f"measuring the recipe: {seeds} x 2 runs (as is, with the recipe) and 2 more, of up to {plan.train_steps:,}"
        f" steps in a copy of this folder, about {spoken(min((plan.runs + 1) * plan.run_s, budget_s))}"
        f" (--budget {spoken(budget_s)}); Ctrl-C keeps what is measured"
    )


def spoken(seconds: float) -> str:
    """`45 s`, `2 min`, `1.5 h`."""
    if seconds < 90:  # noqa: PLR2004 - the units that people think in
        return f"{max(1, round(seconds))} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


@contextmanager
def progress(*, quiet: bool, title: str = "proving") -> "Iterator[Progress]":
    """A bar on standard error, where somebody watches; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn("runs"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title)
        yield lambda done, total: bar.update(task, completed=done, total=total)
