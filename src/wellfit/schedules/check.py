"""Judge any scheduler by the rates that it will set."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from wellfit.schedules.declared import Declared, asked_peaks, calls_made, declared
from wellfit.schedules.findings import Problem
from wellfit.schedules.judge import Case, notes, problems
from wellfit.schedules.limits import require
from wellfit.schedules.simulate import Run, simulate, simulate_metric
from wellfit.schedules.sparkline import sparkline
from wellfit.schedules.track import tracks

METRICS = {"loss": "min", "accuracy": "max"}
"""What may be said of a metric, and the mode that it asks for."""


@dataclass(frozen=True)
class ScheduleCheck:
    """What `check_schedule` found; true where there is no problem, and readable when printed.

    Attributes:
        title: the scheduler.
        calls: of `step()` in the whole run.
        problems: what its author did not mean.
        notes: what is worth knowing; a scheduler with notes only is sound.
        steps: the steps looked at, ascending; all of a short run, some 600 of a long one.
        rates: the rate of the first parameter group whose rate is not 0, one per step.
    """

    title: str
    calls: int
    problems: tuple[Problem, ...]
    notes: tuple[Problem, ...]
    steps: tuple[int, ...]
    rates: tuple[float, ...]

    def __bool__(self) -> bool:
        return not self.problems

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def check_schedule(scheduler: Any, steps: int, *, metric: str | None = None) -> ScheduleCheck:
    """Simulate a scheduler over the whole run and say what is wrong with its rates.

    Neither the scheduler nor its optimizer is touched. Up to 1,000 calls are made one by one; in longer runs the rates
    of torch's schedulers are computed at some 600 steps, those around declared boundaries included. A scheduler
    without a closed form (MultiplicativeLR, SWALR, a subclass) is stepped through, 100,000 calls at most.

    Args:
        scheduler: one of torch's, transformers' or wellfit's, or a subclass of LRScheduler.
        steps: >= 1; how often `scheduler.step()` will be called in the whole run, the calls behind it included: the
            number of batches where it is called after each, of epochs where once in each.
        metric: what a ReduceLROnPlateau is given: "loss" falls when training goes well, "accuracy" rises; None leaves
            its mode unjudged.

    Returns:
        The problems and notes, and the curve of the rate.

    Raises:
        TypeError: scheduler is none.
        ValueError: steps is not a whole number beyond the calls already made, or metric is unknown.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        >>> scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=50)
        >>> [problem.name for problem in check_schedule(scheduler, 100).problems]
        ['rise_after_decay']
    """
    if not hasattr(scheduler, "optimizer") or not callable(getattr(scheduler, "step", None)):
        raise TypeError(f"scheduler must be an LRScheduler, got {type(scheduler).__name__}")
    done = calls_made(scheduler)
    require(
        (isinstance(steps, int) and steps > done, f"steps must be a whole number above the {done} made, got {steps!r}"),
        (metric in {None, *METRICS}, f"metric must be 'loss', 'accuracy' or None, got {metric!r}"),
    )
    if hasattr(scheduler, "mode") and hasattr(scheduler, "patience"):
        return _of_metric(scheduler, steps, metric)
    says = declared(scheduler)
    marks = {*says.boundaries, *says.milestones, *((says.length, says.length + 1) if says.length else ())}
    return _judged(scheduler, says, simulate(scheduler, done, steps, marks), done, steps)


def _judged(scheduler: Any, says: Declared, run: Run, done: int, steps: int) -> ScheduleCheck:
    moving = tracks(run)
    groups = enumerate(scheduler.optimizer.param_groups)
    scales = {index: float(group["lr_scale"]) for index, group in groups if "lr_scale" in group}
    case = Case(says, run, moving, done, steps, asked_peaks(scheduler, says), scales)
    rates = moving[0].rates if moving else run.rates[0]
    return ScheduleCheck(says.title, steps, tuple(problems(case)), tuple(notes(case)), *_trained(run, rates))


def _of_metric(scheduler: Any, steps: int, metric: str | None) -> ScheduleCheck:
    """A scheduler that follows a metric is right or wrong by its mode; the curve is that of steady improvement."""
    wanted = scheduler.mode if metric is None else METRICS[metric]
    run = simulate_metric(scheduler, steps, lambda call: float(call if wanted == "max" else -call))
    found = () if scheduler.mode == wanted else (_wrong_mode(scheduler, str(metric), wanted, run),)
    title = f"{type(scheduler).__name__}(mode={scheduler.mode!r}, patience={scheduler.patience})"
    return ScheduleCheck(title, steps, found, (), *_trained(run, run.rates[0]))


def _trained(run: Run, rates: tuple[float, ...]) -> tuple[tuple[int, ...], tuple[float, ...]]:
    """The steps that train, and their rates: not the one after the last call."""
    complete = run.failed_at is None
    return (run.steps[:-1], rates[:-1]) if complete and len(rates) > 1 else (run.steps, rates)


def _wrong_mode(scheduler: Any, metric: str, wanted: str, run: Run) -> Problem:
    rates = run.rates[0]
    step = next((at for at, rate in zip(run.steps, rates, strict=True) if rate < rates[0]), run.steps[-1])
    saw = f"mode={scheduler.mode!r} takes each improvement of the {metric} for a setback"
    saw += f": the rate falls from {rates[0]:.3g} at step {step} and is {rates[-1]:.3g} after {run.seen:,} calls"
    numbers = {"first": rates[0], "last": rates[-1]}
    return Problem("wrong_mode", step, saw, "the better the training, the sooner it stops", f"mode={wanted!r}", numbers)


def _lines(check: ScheduleCheck) -> Iterator[str]:
    rates = check.rates
    highest = max(rates)
    at = check.steps[rates.index(highest)]
    yield f"{check.title}, {check.calls:,} calls of step()"
    yield f"  {sparkline(check.steps, rates)}"
    yield f"  first {rates[0]:.3g}, highest {highest:.3g} at step {at:,}, last {rates[-1]:.3g}"
    if not check.problems:
        yield "  no problem"
    yield from (f"  problem  {_indented(problem)}" for problem in check.problems)
    yield from (f"  note     {_indented(note)}" for note in check.notes)


def _indented(problem: Problem) -> str:
    return str(problem).replace("\n", "\n           ")
