"""The largest batch size that fits into memory, approached from below."""

from collections.abc import Callable
from dataclasses import dataclass

from wellfit.find.batch_size.line import Line, scaled, through
from wellfit.find.batch_size.probe import OUT_OF_MEMORY, Probe

MARGIN = 0.01
"""Share of the limit less what is in use before that is left free: thrice what two runs of one size differ by."""

WITHIN = 0.005
"""Share of the predicted largest size that is not worth another run."""

GROWTH = 4
"""How many times larger the next size is at most before the line has been seen to hold: while batches are small the
optimizer's step needs more than they do, and the peak stands still."""

AIM_BELOW = 0.003
"""Share of the predicted largest size that is left out, so that peaks which scatter do not end just beyond it."""

SLACK = 1.25
"""How much more memory than foreseen each further example may take before the line has been seen to hold."""

HOLDS = 0.05
"""Share of a foreseen rise by which the rise that came may differ from it while the line holds."""

SEEN = 3
"""Runs before which half of the memory that is left is not gone beyond: two points cannot show a bend."""

MOST_PROBES = 24
"""Runs at the most: a line takes three or four, bisection over a factor of a million twenty."""


@dataclass(frozen=True)
class Capacity:
    """The largest size that fits.

    Attributes:
        size: the largest that ran within the limit less the margin; None where none did.
        ended: what it ends at: "memory", "most", "time", "failed", "probes" or "nothing fits".
        reason: the same in a sentence.
        limit_bytes: of memory; None where it was unknown.
        margin: share that was left free of it less what was in use before, in [0, 1).
        probes: all runs, in their order.
        line: peak over size as it was seen last; None where one size ran.
    """

    size: int | None
    ended: str
    reason: str
    limit_bytes: int | None
    margin: float
    probes: tuple[Probe, ...]
    line: Line | None

    @property
    def out_of_memory(self) -> int:
        """Runs that memory ended."""
        return sum(probe.failed == OUT_OF_MEMORY for probe in self.probes)

    @property
    def peak_bytes(self) -> int | None:
        """The peak at `size`."""
        return max((p.peak_bytes for p in self.probes if p.size == self.size and p.failed is None), default=None)


def search_capacity(  # noqa: PLR0913  # all of them bound one search
    probe: Callable[[int], Probe],
    *,
    start: int,
    most: int,
    limit_bytes: int | None,
    shape: Callable[[int], int] | None = None,
    base_bytes: int = 0,
    margin: float = MARGIN,
    slowest_s: float | None = None,
    most_probes: int = MOST_PROBES,
) -> Capacity:
    """Find the largest batch size whose peak stays within the limit less the margin.

    A line through the peaks seen so far foresees the next; as long as it has not been seen to hold, each run stays at
    a size that would be within the limit even if every further example took a quarter more. Where a size exceeds the
    limit or fails for memory, the sizes between it and the largest that ran are bisected.

    Args:
        probe: runs one size; its peak counts from the same zero as `limit_bytes`.
        start: first size, >= 1; where it does not fit it is halved until one does.
        most: largest size that is asked for, >= 1: by the data, by the user.
        limit_bytes: memory; None where unknown: sizes are then doubled until one fails.
        shape: predicted peak at a size without running it, up to a factor; without it the second size is twice the
            first.
        base_bytes: in use before any run, >= 0: it is the same in all of them, so that no margin is left of it.
        margin: share of the limit less these bytes to leave free, in [0, 1).
        slowest_s: seconds that a step may take; larger sizes are not run.
        most_probes: runs at the most.

    Returns:
        The size and all runs; the size is always one that ran.

    Raises:
        ValueError: an argument is out of its range; names all of them.

    Example:
        >>> found = search_capacity(lambda size: Probe(size, 1000 + 10 * size), start=8, most=10**6, limit_bytes=20_000)
        >>> found.size, found.ended, found.out_of_memory
        (1874, 'memory', 0)

    Source:
        That peak memory is a line in the batch size: Gao et al. 2020, Estimating GPU memory consumption of deep
        learning models, section 4; https://doi.org/10.1145/3368089.3417050.
    """
    mistakes = [f"{name} must be >= 1, got {value}" for name, value in (("start", start), ("most", most)) if value < 1]
    if not 0 <= margin < 1:
        mistakes.append(f"margin must lie in [0, 1), got {margin}")
    if mistakes:
        raise ValueError("; ".join(mistakes))
    search = _Search(probe, most, limit_bytes, base_bytes, shape, margin, slowest_s, most_probes)
    search.run(min(start, most))
    return search.capacity()


class _Search:
    """One search; what it knows is its runs and the smallest size that is too large."""

    def __init__(  # noqa: PLR0913, PLR0917  # as `search_capacity` was called
        self,
        probe: Callable[[int], Probe],
        most: int,
        limit_bytes: int | None,
        base_bytes: int,
        shape: Callable[[int], int] | None,
        margin: float,
        slowest_s: float | None,
        most_probes: int,
    ) -> None:
        self._probe, self._shape, self._most = probe, shape, most
        self._limit, self._margin, self._slowest = limit_bytes, margin, slowest_s
        self._left = most_probes
        self._target = None if limit_bytes is None else limit_bytes - margin * max(0, limit_bytes - base_bytes)
        self._probes: list[Probe] = []
        self._too_large = most + 1
        self._line: Line | None = None
        self._holds = False
        self._stopped: tuple[str, str] | None = None

    def run(self, start: int) -> None:
        size: int | None = start
        while size is not None and self._left:
            self._note(self._probe(size))
            self._left -= 1
            size = None if self._stopped else self._next()

    def capacity(self) -> Capacity:
        fitting = self._fitting()
        ended, reason = self._stopped or self._end(fitting)
        size = fitting[-1].size if fitting else None
        return Capacity(size, ended, reason, self._limit, self._margin, tuple(self._probes), self._line)

    def _fitting(self) -> list[Probe]:
        """Those that ran within the limit less the margin, by rising size."""
        ran = [probe for probe in self._probes if probe.failed is None and self._is_within(probe.peak_bytes)]
        return sorted((probe for probe in ran if probe.size < self._too_large), key=lambda probe: probe.size)

    def _is_within(self, peak_bytes: float) -> bool:
        return self._target is None or peak_bytes <= self._target

    def _note(self, probe: Probe) -> None:
        self._probes.append(probe)
        if probe.failed is None and self._is_within(probe.peak_bytes):
            self._draw(probe)
        elif probe.failed in {None, OUT_OF_MEMORY}:
            self._too_large = min(self._too_large, probe.size)
        else:
            self._stopped = "failed", f"a batch of {probe.size} failed for another reason than memory: {probe.failed}"

    def _draw(self, probe: Probe) -> None:
        """Hold the line against this run, then draw it anew."""
        before = [other for other in self._fitting() if other.size < probe.size]
        if self._line is not None and before:
            foreseen = self._line.at(probe.size)
            self._holds = abs(foreseen - probe.peak_bytes) <= HOLDS * (foreseen - before[-1].peak_bytes)
        fitting = self._fitting()
        if len(fitting) > 1:
            self._line = through(fitting)
        elif self._shape is not None:
            self._line = scaled(self._shape, probe)

    def _next(self) -> int | None:
        """The next size to run; None where the largest that ran is close enough."""
        fitting = self._fitting()
        if not fitting:
            return self._too_large // 2 or None
        last = fitting[-1]
        aim = self._aim(fitting) if self._too_large > self._most else self._between(last)
        size = self._timely(last, min(aim, self._too_large - 1))
        return size if size > last.size else None

    def _aim(self, fitting: list[Probe]) -> int:
        """Where nothing was too large yet."""
        last = fitting[-1]
        if self._target is None:
            return 2 * last.size
        if self._line is None:  # a peak is at most proportional to the size
            return max(last.size + 1, min(2 * last.size, int(last.size * self._target / max(last.peak_bytes, 1))))
        largest = min(self._line.largest(self._target), self._most)
        if self._is_near(last.size, largest) and len(fitting) > 1:
            return last.size
        largest = largest if largest == self._most else int((1 - AIM_BELOW) * largest)
        if self._holds:
            return min(
                max(largest, last.size + 1), max(last.size + 1, self._line.surely_within(self._limit or 0, last, 1.0))
            )
        goal = self._target if len(fitting) >= SEEN else (self._target + last.peak_bytes) / 2
        careful = min(GROWTH * last.size, max(last.size + 1, self._line.surely_within(goal, last, SLACK)))
        return careful if len(fitting) == 1 else min(max(largest, last.size + 1), careful)

    def _is_near(self, size: int, largest: int) -> bool:
        return largest < self._most and largest - size <= WITHIN * largest

    def _between(self, last: Probe) -> int:
        """Between the largest that ran and the smallest that was too large: by their peaks, or in the middle."""
        gap = self._too_large - last.size
        over = [p.peak_bytes for p in self._probes if p.size == self._too_large and p.failed is None]
        if self._target is not None and over:
            largest = last.size + int(gap * (self._target - last.peak_bytes) / max(over[0] - last.peak_bytes, 1))
        else:
            largest = self._too_large - 1
        if self._is_near(last.size, largest):
            return last.size
        return max(last.size + 1, largest) if over else last.size + gap // 2

    def _timely(self, last: Probe, size: int) -> int:
        """This size, or the largest that is not too slow: a step takes at most as much longer as it is larger."""
        if self._slowest is None or last.seconds is None or size <= last.size:
            return size
        timely = int(last.size * self._slowest / max(last.seconds, 1e-9))
        if timely < size:
            size = timely
            if timely <= (1 + WITHIN) * last.size:
                reason = f"a step with {last.size} examples takes {last.seconds:.2g} s; larger ones were not run"
                self._stopped = "time", reason
                return last.size
        return size

    def _end(self, fitting: list[Probe]) -> tuple[str, str]:
        if not fitting:
            smallest = min(probe.size for probe in self._probes)
            return "nothing fits", f"a batch of {smallest} exceeds the limit{self._limit_text}"
        size = fitting[-1].size
        if not self._left:
            return "probes", f"{len(self._probes)} runs were made, and {self._too_large - 1} may still fit"
        if size == self._most:
            return "most", f"{size} is the largest size that was asked for"
        return "memory", f"larger ones exceed the limit{self._limit_text}"

    @property
    def _limit_text(self) -> str:
        return "" if self._limit is None else f" of {self._limit / 2**20:,.0f} MiB less a margin of {self._margin:.0%}"
