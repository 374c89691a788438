"""One search for a learning rate: sweep, race, extrapolation, verdict."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from wellfit.find.asked import Asked
from wellfit.find.batches import Batches, held_batches, size_of
from wellfit.find.defaults import default_rate, learning_slope
from wellfit.find.found import VERDICTS, LrFound
from wellfit.find.horizon import Estimate, excess_at, extrapolate, levels
from wellfit.find.planned import Factor
from wellfit.find.race import Race
from wellfit.find.rates import Rates
from wellfit.find.snapshot import Snapshot
from wellfit.find.sweep import Sweep, sweep
from wellfit.find.training import Training

FEWEST_STEPS = 64
"""Optimizer steps of a search below which rates cannot be told apart."""

SHARE_SWEPT = 7
"""One step in so many goes to the sweep, at most."""

SWEPT = (16, 32)
"""Fewest and most points of the sweep: a half and a quarter of a decade apart."""

WIDEST = 2.0
"""Decades; an interval that is wider is no answer."""

LASTING = "_iterator"
"""Where a loader with persistent workers keeps the pass that it is in."""


class Search:
    """One search.

    Args:
        asked: what it was called with.
        factor: the planned schedule.
        live: everything as it stands.
        peaks: whether a scheduler is at work.
    """

    def __init__(self, asked: Asked, factor: Factor, live: Snapshot, *, peaks: bool) -> None:
        self._asked, self._factor, self._live = asked, factor, live
        self._rates = Rates(asked.optimizers, peaks=peaks)
        self._verdict, self._reason = "ok", ""
        self._estimate: Estimate | None = None
        self._sweep = Sweep((), broke=False)
        self._race: Race | None = None
        self._steps = 0
        self._judged_on = ""

    def run(self) -> None:
        """Search; the caller puts everything back."""
        if self._asked.budget < FEWEST_STEPS:
            self._end("too few points", f"{self._asked.budget} optimizer steps, of {FEWEST_STEPS} that it takes")
            return
        with _passes_of_their_own(self._asked.loader, self._asked.validation):
            training = self._training()
            try:
                self._search(training)
            finally:
                self._steps = training.steps

    def found(self, seconds: float) -> LrFound:
        """What came out.

        Args:
            seconds: that the search took.
        """
        bases, base = self._rates.bases, self._rates.bases[0]
        multiplier = 10**self._estimate.log if self._estimate and self._verdict in ("ok", "at the edge") else None
        interval = (10**self._estimate.low * base, 10**self._estimate.high * base) if self._estimate else None
        default = default_rate(self._asked.optimizers[0])
        return LrFound(
            lr=None if multiplier is None else base * multiplier,
            lrs=() if multiplier is None else tuple(rate * multiplier for rate in bases),
            multiplier=multiplier,
            interval=interval,
            verdict=self._verdict,
            reason=self._reason or VERDICTS[self._verdict],
            planned=self._asked.steps,
            steps=self._steps,
            seconds=seconds,
            default=default,
            default_excess=None if multiplier is None else self._excess_of(default, base),
            judged_on=self._judged_on,
            base=base,
            sweep=self._sweep.points,
            legs=tuple(self._race.legs) if self._race else (),
        )

    def _training(self) -> Training:
        asked = self._asked
        batches = Batches(asked.loader, hold_back=asked.validation is None)
        held = batches.held if asked.validation is None else held_batches(asked.validation)
        samples = sum(size_of(batch) for batch in held)
        back = f", {len(held)} batches held back from the loader" if asked.validation is None else ""
        self._judged_on = f"{samples:,} {'validation ' if not back else ''}samples{back}"
        missing = [
            name for name, some in (("loader", batches.first()), ("validation", held)) if some is None or some == []
        ]
        if missing:
            raise ValueError("; ".join(f"{name} gives no batches" for name in missing))
        return Training(
            asked.model, asked.loss, asked.optimizers, self._rates, batches, held, self._live,
            scaler=asked.scaler, accumulate=asked.accumulate, seed=asked.seed,
        )  # fmt: skip

    def _search(self, training: Training) -> None:
        budget = self._asked.budget
        self._sweep = sweep(training, max(SWEPT[0], min(SWEPT[1], budget // SHARE_SWEPT)))
        first = self._sweep.points[0]
        if not math.isfinite(first.loss):
            self._end("diverged", f"the loss is {first.loss} at the first step, before any rate has acted")
            return
        room, learning = budget - training.steps, learning_slope(self._asked.optimizers[0])
        self._race = Race(training, self._factor, planned=self._asked.steps, room=room, learning=learning)
        if not math.isfinite(self._race.first):
            self._end("diverged", f"the held-out loss is {self._race.first} before any training")
            return
        broke_at = math.log10(self._sweep.points[-1].multiplier)
        self._race.run(broke_at)
        self._judge(self._race, broke_at)

    def _judge(self, race: Race, broke_at: float) -> None:
        if not any(math.isfinite(leg.loss) for leg in race.legs):
            self._end("diverged")
        elif not race.learnt:
            lowest = min(leg.loss for leg in race.legs)
            self._end(
                "flat", f"the held-out loss is {race.first:.4g} before training and {lowest:.4g} at best after it"
            )
        else:
            rungs = levels(race.legs, race.first)
            self._estimate = extrapolate(rungs, self._asked.steps, learning=race.learning, broke_at=broke_at)
            width = self._estimate.high - self._estimate.low
            if width > WIDEST:
                longest = max(leg.steps for leg in race.legs)
                self._end(
                    "wide", f"{width:.1f} decades, after trainings of {longest} steps for a run of {self._asked.steps}"
                )
            elif race.at_edge:
                self._end("at the edge")

    def _end(self, verdict: str, reason: str = "") -> None:
        self._verdict, self._reason = verdict, reason

    def _excess_of(self, default: float | None, base: float) -> float | None:
        if default is None or self._race is None or self._estimate is None:
            return None
        rungs = levels(self._race.legs, self._race.first)
        return excess_at(math.log10(default / base), self._estimate.log, rungs)


@contextmanager
def _passes_of_their_own(*loaders: Any) -> Iterator[None]:
    """Loaders whose workers stay alive keep the pass that they are in; those started within are ended."""
    lasting = [loader for loader in loaders if getattr(loader, LASTING, None) is not None]
    held = [(loader, getattr(loader, LASTING)) for loader in lasting]
    for loader in lasting:
        setattr(loader, LASTING, None)
    try:
        yield
    finally:
        for loader, iterator in held:
            setattr(loader, LASTING, iterator)
