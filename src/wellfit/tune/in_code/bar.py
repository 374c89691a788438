"""How far a search in code is: a bar with the best value so far, where somebody watches."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.tune.outcome.answer import Listener


@contextmanager
def showing() -> Iterator[Listener]:
    """A bar on standard error, or in a notebook; nothing elsewhere but sentences."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from wellfit.report.tuned import progress_line

    console = Console(stderr=True)
    watched = console.is_jupyter or sys.stderr.isatty()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not watched) as bar:
        task = bar.add_task("the defaults", total=None)

        def trials(plan: StudyPlan, ended: Sequence[TrialSeen]) -> None:
            bar.update(task, description=progress_line(plan, ended), completed=len(ended), total=plan.trials)

        def confirming(done: int, total: int) -> None:
            bar.update(task, description="fresh seeds", completed=done, total=total)

        yield Listener(trials=trials, confirming=confirming, say=lambda s: console.print(f"wellfit: {s}", markup=False))
