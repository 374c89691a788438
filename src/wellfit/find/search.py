"""One search for a learning rate: sweep, race, extrapolation, verdict."""

import math
from dataclasses import dataclass, replace
from functools import partial

from wellfit.find.excess import excess_at
from wellfit.find.horizon import EXPECTED, Estimate, Point, extrapolate, levels
from wellfit.find.leg import Leg
from wellfit.find.race import Race
from wellfit.find.repeats import alone, error_of_mean, repeats_of, together
from wellfit.find.sweep import Sweep, SweepPoint, sweep
from wellfit.find.trainable import Factor, Trainable

VERDICTS = {
    "ok": "the held-out loss is lowest here",
    "at the edge": "it is lowest at the end of what could be tried",
    "flat": "no rate makes the loss fall",
    "diverged": "the loss is not finite at any rate",
    "too few points": "too few optimizer steps to tell rates apart",
    "wide": "rates more than two decades apart cannot be told apart",
}
"""What may come out, and what it means."""

FOUND = frozenset({"ok", "at the edge"})
"""Verdicts with which there is a rate."""

FEWEST_STEPS = 64
"""Optimizer steps of a search below which rates cannot be told apart."""

SHARE_SWEPT = 7
"""One step in so many goes to the sweep, at most."""

SWEPT = (16, 32)
"""Fewest and most points of the sweep: a half and a quarter of a decade apart."""

WIDEST = 2.0
"""Decades; an interval that is wider is no answer."""


@dataclass(frozen=True)
class Terms:
    """What a search is for, and what it may take.

    Args:
        planned: optimizer steps of the real run.
        budget: optimizer steps of the search.
        factor: the planned schedule, as the search is to apply it.
        learning: decades by which the best rate falls with each decade of steps while longer trainings learn more.
        epoch: optimizer steps of one pass through the training data; None where it is unknown.
        usual: the multiplier that leads to the constant that most take; None where there is none.
        repeats: how often the longest legs are run, beyond the budget from the second time on; None as the search
            thinks best.
    """

    planned: int
    budget: int
    factor: Factor
    learning: float
    epoch: float | None = None
    usual: float | None = None
    repeats: int | None = None


@dataclass(frozen=True)
class Result:
    """How a search ended.

    Args:
        verdict: one of `VERDICTS`.
        reason: the verdict in a sentence.
        estimate: where the best rate lies, as decimal logarithms of multipliers; None where nothing could be told.
        sweep: its points.
        legs: of the race.
        rungs: levels of the legs, the shortest first, in the mean of their repeats; empty where none was run.
        repeats: decimal logarithms of the best multiplier by each repeat of the longest legs alone.
    """

    verdict: str
    reason: str
    estimate: Estimate | None = None
    sweep: tuple[SweepPoint, ...] = ()
    legs: tuple[Leg, ...] = ()
    rungs: tuple[tuple[Point, ...], ...] = ()
    repeats: tuple[float, ...] = ()

    @property
    def multiplier(self) -> float | None:
        """What every rate is to be multiplied by; None where there is no rate."""
        return 10**self.estimate.log if self.estimate and self.verdict in FOUND else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Lowest and highest multiplier that cannot be told from the best."""
        return (10**self.estimate.low, 10**self.estimate.high) if self.estimate else None

    def excess_of(self, multiplier: float) -> float | None:
        """Share of the best loss by which the real run is expected to end higher there; None where it is unknown."""
        if self.estimate is None or self.multiplier is None or not self.rungs or multiplier <= 0:
            return None
        return excess_at(math.log10(multiplier), self.estimate, self.rungs)


def search(training: Trainable, terms: Terms) -> Result:
    """Sweep, race, and say what came of it; whoever owns the training puts it back.

    Args:
        training: to be searched for.
        terms: what for, and how long.

    Raises:
        ValueError: it cannot be trained at all.
    """
    if terms.budget < FEWEST_STEPS:
        return _ended("too few points", f"{terms.budget} optimizer steps, of {FEWEST_STEPS} that it takes")
    before = training.steps
    whole = sweep(training, max(SWEPT[0], min(SWEPT[1], terms.budget // SHARE_SWEPT)))
    swept = whole.points
    if not math.isfinite(swept[0].loss):
        reason = f"the loss is {swept[0].loss} at the first step, before any rate has acted"
        return _ended("diverged", reason, sweep=swept)
    room = terms.budget - (training.steps - before)
    race = Race(training, terms.factor, planned=terms.planned, room=room, learning=terms.learning, epoch=terms.epoch)
    if not math.isfinite(race.first):
        return _ended("diverged", f"the held-out loss is {race.first} before any training", sweep=swept)
    broke_at = _broke_at(whole, terms)
    race.run(broke_at)
    if race.learnt:
        race.repeat(repeats_of(training, terms.repeats) - 1)
    return replace(_judged(race, terms, broke_at, training.rows), sweep=swept, legs=tuple(race.legs))


def _broke_at(swept: Sweep, terms: Terms) -> float:
    """Decimal logarithm of the multiplier at which the sweep broke.

    Some losses are bounded and break at no rate: what is usual stands for it, or the highest rate.
    """
    last = math.log10(swept.points[-1].multiplier)
    return last if swept.broke or terms.usual is None else min(last, math.log10(terms.usual) + EXPECTED)


def _ended(verdict: str, reason: str = "", sweep: tuple[SweepPoint, ...] = ()) -> Result:
    return Result(verdict, reason or VERDICTS[verdict], sweep=sweep)


def _judged(race: Race, terms: Terms, broke_at: float, rows: int) -> Result:
    if not any(math.isfinite(leg.loss) for leg in race.legs):
        return _ended("diverged")
    if not race.learnt:
        lowest = min(leg.loss for leg in race.legs)
        return _ended(
            "flat", f"the held-out loss is {race.first:.4g} before training and {lowest:.4g} at best after it"
        )
    levelled = partial(levels, first=race.first, rows=rows)
    far = partial(extrapolate, planned=terms.planned, learning=terms.learning, broke_at=broke_at, epoch=terms.epoch)
    logs = [far(levelled(alone(race.legs, repeat))).log for repeat in range(1 + max(leg.repeat for leg in race.legs))]
    rungs = levelled(together(race.legs))
    estimate = far(rungs, scatter=error_of_mean(logs))
    verdict, reason = _verdict_on(estimate, race, terms.planned)
    return Result(verdict, reason, estimate, rungs=tuple(map(tuple, rungs)), repeats=tuple(logs))


def _verdict_on(estimate: Estimate, race: Race, planned: int) -> tuple[str, str]:
    width = estimate.high - estimate.low
    if width > WIDEST:
        longest = max(leg.steps for leg in race.legs)
        return "wide", f"{width:.1f} decades, after trainings of {longest} steps for a run of {planned}"
    verdict = "at the edge" if race.at_edge else "ok"
    return verdict, VERDICTS[verdict]
