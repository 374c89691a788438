"""The rates of groups that move alike, and what can be read off them."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from wellfit.schedules.simulate import Run

CLEAR = 0.01
"""Share of the highest rate by which one must move to count as moved: rounding and flat stretches are below."""


@dataclass(frozen=True)
class Track:
    """One group's rates, standing for all groups whose rates are the same multiple of theirs.

    Attributes:
        group: index of the first such group.
        peak: the rate that the group was made with.
        steps: ascending; the last is the one after the last call, which trains nothing any more.
        rates: one per step.
    """

    group: int
    peak: float
    steps: tuple[int, ...]
    rates: tuple[float, ...]

    @cached_property
    def highest(self) -> float:
        """The highest rate of the run."""
        return max(self.rates)

    @cached_property
    def highest_at(self) -> int:
        """The first step that has it."""
        return self.steps[self.rates.index(self.highest)]

    @cached_property
    def last(self) -> float:
        """The rate of the last step that trains."""
        return self.rates[-2] if len(self.rates) > 1 else self.rates[-1]

    def trained(self) -> Iterator[tuple[int, float]]:
        """Every step looked at that trains, and its rate."""
        yield from zip(self.steps[:-1] or self.steps, self.rates, strict=False)

    def share(self, highest: float, *, since: int) -> float:
        """The share of the run whose rate is at most `highest`, steps before `since` left out."""
        spans = zip(self.trained(), self.steps[1:], strict=False)
        low = sum(after - step for (step, rate), after in spans if rate <= highest and step >= since)
        return low / max(1, self.steps[-1] - self.steps[0])

    def below_for_good(self, bound: float) -> int:
        """The first step from which on every rate lies under a bound; the step after the last where none does."""
        above = [index for index, (_, rate) in enumerate(self.trained()) if rate >= bound]
        return self.steps[above[-1] + 1] if above else self.steps[0]


@dataclass(frozen=True)
class Rise:
    """A rate that comes back up.

    Attributes:
        step: where it begins to.
        low: the rate there.
        high: the highest rate after it.
    """

    step: int
    low: float
    high: float


def tracks(run: Run) -> list[Track]:
    """The groups of a run, one for all that move alike; groups frozen at 0 on purpose are left out."""
    found: dict[tuple[float, ...], Track] = {}
    for group, (rates, peak) in enumerate(zip(run.rates, run.peaks, strict=True)):
        highest = max(rates)
        if highest > 0:
            alike = tuple(round(rate / highest, 6) for rate in rates)
            found.setdefault(alike, Track(group, peak, run.steps, rates))
    return list(found.values())


def rise_after_fall(track: Track, boundaries: frozenset[int]) -> Rise | None:
    """The first rise after a fall, but for the jumps that were asked for.

    Args:
        track: the rates.
        boundaries: steps at which a rate may begin anew.
    """
    marks = sorted(boundaries)
    high = low = track.rates[0]
    low_at, fell, passed = track.steps[0], False, bisect_right(marks, track.steps[0])
    trained = list(track.trained())  # what the last call sets is used by nobody
    for step, rate in trained:
        if bisect_right(marks, step) > passed:
            high, fell, passed = rate, False, bisect_right(marks, step)
        if fell and rate > low + CLEAR * track.highest:
            return Rise(low_at, low, max(r for at, r in trained if at >= low_at))
        if rate < (low if fell else high * (1 - CLEAR)):
            low, low_at, fell = rate, step, True
        high = max(high, rate)
    return None
