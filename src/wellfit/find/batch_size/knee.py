"""From which batch size on a larger one makes no more examples in a second."""

from collections.abc import Sequence
from dataclasses import dataclass

from wellfit.find.batch_size.probe import Probe

NEARLY = 0.9
"""Share of the best throughput from which on a size counts as good: a tenth is what two timings differ by."""

WIDTH = 40
"""Columns of the longest bar."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """Examples in a second at one size.

    Args:
        size: examples in a batch.
        examples_per_s: > 0.
    """

    size: int
    examples_per_s: float


@dataclass(frozen=True)
class Knee:
    """Throughput over batch size and where it stops growing.

    Attributes:
        size: the smallest whose throughput is within a tenth of the best.
        examples_per_s: at that size.
        best: the size with the best throughput.
        grows: whether the knee is the largest size that was timed, so that still larger ones may be faster.
        curve: all that was timed, by rising size.
    """

    size: int
    examples_per_s: float
    best: int
    grows: bool
    curve: tuple[Throughput, ...]

    def plot(self) -> str:
        """The curve as bars in text, one line a size."""
        top = max(point.examples_per_s for point in self.curve)
        return "\n".join(
            f"{point.size:>9,} {'#' * round(point.examples_per_s / top * WIDTH):<{WIDTH}} "
            f"{point.examples_per_s:,.0f}/s{' <- knee' if point.size == self.size else ''}"
            for point in self.curve
        )


def throughput(probes: Sequence[Probe]) -> list[Throughput]:
    """Examples in a second of all runs that were timed, by rising size; of several of one size the fastest.

    Args:
        probes: in any order; those that failed or have no time are skipped.
    """
    best: dict[int, float] = {}
    for probe in probes:
        if probe.failed is None and probe.seconds:
            best[probe.size] = max(best.get(probe.size, 0.0), probe.size / probe.seconds)
    return [Throughput(size, best[size]) for size in sorted(best)]


def knee(probes: Sequence[Probe], nearly: float = NEARLY) -> Knee | None:
    """Find where throughput stops growing.

    Args:
        probes: runs at several sizes, with the seconds of a step.
        nearly: share of the best throughput that is good enough, in (0, 1].

    Returns:
        The knee; None where fewer than two sizes were timed.

    Example:
        >>> found = knee([Probe(size, 0, seconds=0.010 + 0.0001 * size) for size in (1, 8, 64, 512, 4096)])
        >>> found.size, found.best, found.grows
        (4096, 4096, True)
        >>> knee([Probe(size, 0, seconds=0.010 + 0.0001 * size) for size in (64, 512, 1024, 4096)]).size
        1024

    Source:
        Godbole et al. 2023, Deep learning tuning playbook, "Determining the feasible batch sizes and estimating
        training throughput"; https://github.com/google-research/tuning_playbook.
    """
    curve = throughput(probes)
    if len(curve) < 2:  # noqa: PLR2004  # one point has no knee
        return None
    best = max(curve, key=lambda point: point.examples_per_s)
    found = next(point for point in curve if point.examples_per_s >= nearly * best.examples_per_s)
    return Knee(found.size, found.examples_per_s, best.size, found is curve[-1], tuple(curve))
