"""The rates that a scheduler will set, found on a copy of it.

The copy's optimizer is a stand-in with the same groups and no parameters to speak of, so neither the user's scheduler
nor the optimizer is touched. Short runs are stepped call by call. In long ones the rate is computed at a thousand
steps only, where torch's scheduler has a closed form; the first calls are made in earnest too, and where the two
disagree, or there is no closed form, every call is made.
"""

import copy
import math
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from wellfit.schedules.jump import Jump, jump_of

EVERY_CALL = 1_000
"""Calls up to which each is made: some 10 ms."""

IN_EARNEST = 32
"""Calls that are made before a closed form is believed."""

POINTS = 600
"""Steps looked at in a long run."""

MOST_CALLS = 100_000
"""Calls made of a scheduler without a closed form: about a second; what comes after is not judged."""

MOST_METRICS = 2_000
"""Calls made of a scheduler that follows a metric, which says nothing about the far end anyway."""


@dataclass(frozen=True)
class Run:
    """What the optimizer will be given.

    Attributes:
        steps: ascending; where the rate was looked at, the step after the last call included.
        rates: one tuple per parameter group, one rate per step.
        peaks: each group's `initial_lr`.
        failed_at: the call that raised, if one did; `failure` is what it said.
        seen: how many calls are covered; fewer than the run has only where the scheduler had to be stepped too often.
        every_call: whether each was made.
    """

    steps: tuple[int, ...]
    rates: tuple[tuple[float, ...], ...]
    peaks: tuple[float, ...]
    seen: int
    every_call: bool
    failed_at: int | None = None
    failure: str = ""


class StandIn:
    """An optimizer as far as schedulers look at it.

    Args:
        optimizer: whose groups are copied, without their parameters.
    """

    def __init__(self, optimizer: Any) -> None:
        self.param_groups = [_copied(group) for group in optimizer.param_groups]
        self.defaults = dict(optimizer.defaults)
        self.state: dict[Any, Any] = {}
        self._opt_called = True  # torch warns where a scheduler is stepped before its optimizer

    def step(self) -> None:
        """Nothing is trained here."""

    step._wrapped_by_lr_sched = True  # type: ignore[attr-defined]  # noqa: SLF001  # torch's mark for the same warning

    def rates(self) -> list[float]:
        """What each group has now."""
        return [float(group["lr"]) for group in self.param_groups]


def simulate(scheduler: Any, start: int, steps: int, boundaries: Iterable[int]) -> Run:
    """Find the rates from the scheduler's present step to the end of the run.

    Args:
        scheduler: one of torch's; stays as it is.
        start: calls that it has behind it.
        steps: > start; calls in the whole run.
        boundaries: steps that must not be jumped over.
    """
    if steps - start <= EVERY_CALL:
        return _by_calls(copied(scheduler), start, steps, steps)
    jump = jump_of(copied(scheduler), steps)
    if jump is None or not _believed(jump, copied(scheduler), start):
        return _by_calls(copied(scheduler), start, steps, min(steps, start + MOST_CALLS))
    return _by_jumps(jump, scheduler, _points(start, steps, boundaries))


def simulate_metric(scheduler: Any, steps: int, metric: Callable[[int], float]) -> Run:
    """Find the rates of a scheduler that follows a metric.

    Args:
        scheduler: its `step` takes the metric; stays as it is.
        steps: > 0; calls to make, of which 2,000 are.
        metric: the value by the call.
    """
    replica = copied(scheduler)
    seen = [replica.optimizer.rates()]
    most = min(steps, MOST_METRICS)
    for call in range(most):
        replica.step(metric(call))
        seen.append(replica.optimizer.rates())
    return _run(range(most + 1), seen, replica.optimizer, every_call=True)


def copied(scheduler: Any) -> Any:
    """A copy that acts on a stand-in, members of a sequence or chain included."""
    optimizer = scheduler.optimizer
    tiny = torch.zeros(1)
    parameters = {id(p): tiny for group in optimizer.param_groups for p in group["params"]}
    return copy.deepcopy(scheduler, {**parameters, id(optimizer): StandIn(optimizer)})


def _copied(group: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in group.items() if name not in {"params", "param_names"}}
    return {name: v.detach().clone() if isinstance(v, Tensor) else copy.copy(v) for name, v in kept.items()}


def _by_calls(replica: Any, start: int, steps: int, last: int) -> Run:
    seen = [replica.optimizer.rates()]
    failure = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the user's own calls will say it, at the line where it belongs
        for _ in range(start, last):
            try:
                replica.step()
            except ValueError as error:  # OneCycleLR beyond its last step
                failure = str(error)
                break
            seen.append(replica.optimizer.rates())
    reached = range(start, start + len(seen))
    run = _run(reached, seen, replica.optimizer, every_call=last == steps)
    return run if not failure else _failed(run, reached[-1] + 1, failure)


def _by_jumps(jump: Jump, scheduler: Any, points: Sequence[int]) -> Run:
    seen, failed_at, failure = [], None, ""
    for step in points:
        try:
            seen.append(jump(step))
        except ValueError as error:
            failed_at, failure = step, str(error)
            break
    run = _run(points[: len(seen)], seen, scheduler.optimizer, every_call=False)
    return run if failed_at is None else _failed(run, failed_at, failure)


def _failed(run: Run, call: int, failure: str) -> Run:
    return Run(run.steps, run.rates, run.peaks, run.seen, run.every_call, call, failure)


def _run(steps: Iterable[int], seen: list[list[float]], optimizer: Any, *, every_call: bool) -> Run:
    points = tuple(steps)
    peaks = tuple(float(group.get("initial_lr", group["lr"])) for group in optimizer.param_groups)
    return Run(points, tuple(zip(*seen, strict=True)), peaks, points[-1], every_call)


def _believed(jump: Jump, replica: Any, start: int) -> bool:
    """Whether the closed form gives what the first calls in earnest do."""
    early = _by_calls(replica, start, start + IN_EARNEST, start + IN_EARNEST)
    computed = (jump(step) for step in early.steps)
    made = zip(*early.rates, strict=True)
    return all(
        math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-12)
        for pair in zip(computed, made, strict=True)
        for one, other in zip(*pair, strict=True)
    )


def _points(start: int, steps: int, boundaries: Iterable[int]) -> list[int]:
    """Steps evenly over the run, closely at both ends, and around each boundary."""
    even = {start + round(i * (steps - start) / POINTS) for i in range(POINTS + 1)}
    ends = {*range(start, start + 8), *range(steps - 8, steps + 1)}
    around = {b + d for b in sorted(boundaries)[:POINTS] for d in (-1, 0, 1)}
    return sorted(p for p in even | ends | around if start <= p <= steps)
