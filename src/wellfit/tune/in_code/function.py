"""One trial of a Python function: called with a setting, heard where it reports, ended there where others lead."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wellfit.declare import reported
from wellfit.declare.space import Hyperparameters
from wellfit.model.study import End, StudyPlan, TrialTold
from wellfit.tune.in_code.chance import kept, seed_all

LONGEST_REASON = 200
"""Characters of an exception that a reason may quote."""

Report = Callable[..., None]
Train = Callable[[Hyperparameters, Report], object]
Enough = Callable[[Sequence[float]], bool]


class Pruned(BaseException):
    """Ends a trial that others are ahead of; no `Exception`, since functions that catch those mean errors."""


class Reporter:
    """What a training function is handed as `report`.

    Args:
        metric: name of what is made better.
        enough: is handed its new values, at each report; whether the trial is to be ended.
    """

    def __init__(self, metric: str, enough: Enough) -> None:
        self._metric, self._enough = metric, enough
        self.values: list[float] = []
        self.lasts: dict[str, float] = {}
        self.reports = 0
        self.pruned = False

    def __call__(self, step: int | None = None, **metrics: Any) -> None:  # noqa: ARG002 - as `wellfit.report`
        """Tell values of metrics, and end here where others are ahead.

        Args:
            step: that they belong to; values count in the order in which they come.
            metrics: numbers by name, or what `float` makes one.

        Raises:
            TypeError: a value is no number.
            Pruned: the trial is to be ended.
        """
        numbers = {name: reported.number(name, value) for name, value in metrics.items()}
        new = [numbers[self._metric]] if self._metric in numbers else []
        self.values += new
        self.lasts |= numbers
        self.reports += 1
        self.pruned = self.pruned or self._enough(new)
        if self.pruned:
            raise Pruned


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended.

    Args:
        values: of the metric, in their order.
        lasts: last values of all metrics.
        reports: that it made.
        pruned: others were ahead.
        error: that it raised; None where it returned, or was pruned.
        seconds: that it took.
    """

    values: Sequence[float]
    lasts: Mapping[str, float]
    reports: int
    pruned: bool
    error: Exception | None
    seconds: float

    @property
    def reason(self) -> str:
        """What it raised, in words; empty where it raised nothing."""
        return "" if self.error is None else reason_of(self.error)


def reason_of(error: Exception) -> str:
    """Its kind and the first line of what it says."""
    said = str(error).strip().splitlines()
    return (type(error).__name__ + (f": {said[0]}" if said else ""))[:LONGEST_REASON]


def call(train: Train, hp: Hyperparameters, seed: int | None, reporter: Reporter) -> Ended:
    """Call a training function once.

    Args:
        train: the user's.
        hp: its setting.
        seed: of all generators; None leaves them alone.
        reporter: hears what it reports.
    """
    began = time.monotonic()
    error: Exception | None = None
    with kept(), reported.hearing(lambda step, values: reporter(step, **values)):
        if seed is not None:
            seed_all(seed)
        try:
            train(hp, reporter)
        except Pruned:
            pass
        except Exception as raised:  # noqa: BLE001 - the user's training: it becomes why this trial failed
            error = raised
    failed = None if reporter.pruned else error
    took = time.monotonic() - began
    return Ended(tuple(reporter.values), dict(reporter.lasts), reporter.reports, reporter.pruned, failed, took)


def told_of(ended: Ended, plan: StudyPlan, reason: str = "") -> TrialTold:
    """What a call came to, by the metric of a search.

    Args:
        ended: the call.
        plan: of the search.
        reason: why it failed, where that is known from elsewhere.
    """
    return told_from(ended.values, plan, ended.reason or reason, pruned=ended.pruned, seconds=ended.seconds)


def told_from(values: Sequence[float], plan: StudyPlan, reason: str, *, pruned: bool, seconds: float) -> TrialTold:
    """What a trial came to.

    Args:
        values: of the metric, in their order.
        plan: of the search.
        reason: why it failed; empty where it did not.
        pruned: others were ahead of it.
        seconds: that it took.
    """
    place = _best_place(values, plan)
    best = None if place is None else values[place]
    value = best if plan.take == "best" else values[-1] if values else None
    end: End = "done"
    if reason:
        end = "failed"
    elif pruned:
        end = "pruned"
    elif values and not math.isfinite(values[-1]):
        end, value = "diverged", None
    elif not values:
        end, reason = "failed", f"it never reported {plan.metric}: call report(step, {plan.metric}=...)"
    best_at = None if place is None else (place + 1) / len(values)
    value = value if value is not None and math.isfinite(value) else None
    return TrialTold(end, value, reason, "", len(values), seconds, best, best_at)


def _best_place(values: Sequence[float], plan: StudyPlan) -> int | None:
    finite = [place for place, value in enumerate(values) if math.isfinite(value)]
    sign = -1 if plan.higher_is_better else 1
    return min(finite, key=lambda place: sign * values[place], default=None)
