"""Peak memory as a line in the batch size: weights, gradients and optimizer state, then so much for each example."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wellfit.find.batch_size.probe import Probe

NOISE = 0.01
"""Share of a peak by which two runs of one size differ: allocators round, and take memory from the system in chunks."""

UNFORESEEN = 2.0
"""How much more an example may take than shapes foretell: workspaces and rounding come to half as much again."""

APART = 0.2
"""Share of a peak by which an earlier one must lie lower for a slope between both that noise moves by 5 % at most."""


@dataclass(frozen=True, slots=True)
class Line:
    """Peak memory over batch size.

    Args:
        fixed: bytes at size 0.
        slope: bytes of each example, > 0.
        slope_high: the same, as high as the noise of the peaks allows.
    """

    fixed: float
    slope: float
    slope_high: float

    def at(self, size: int) -> float:
        """Bytes at this size."""
        return self.fixed + self.slope * size

    def largest(self, limit_bytes: float) -> int:
        """The largest size that stays within the limit, 0 where none does."""
        return max(0, int((limit_bytes - self.fixed) / self.slope))

    def surely_within(self, limit_bytes: float, probe: Probe, slack: float) -> int:
        """The largest size within the limit even where each example beyond the probe's takes `slack` times as much."""
        return probe.size + max(0, int((limit_bytes - probe.peak_bytes) / (self.slope_high * slack)))


def through(probes: Sequence[Probe]) -> Line:
    """The line through the largest probe and the nearest that is well below it: of a bent curve, its last stretch.

    Args:
        probes: two or more that ran, of different sizes, in rising order.
    """
    last = probes[-1]
    apart = [probe for probe in probes[:-1] if probe.peak_bytes <= (1 - APART) * last.peak_bytes]
    other = apart[-1] if apart else probes[0]
    rise, run = last.peak_bytes - other.peak_bytes, last.size - other.size
    slope = max(rise, 1) / run
    return Line(last.peak_bytes - slope * last.size, slope, (max(rise, 0) + NOISE * last.peak_bytes) / run)


def scaled(shape: Callable[[int], int], probe: Probe) -> Line:
    """The line of predicted peaks, its slope scaled to the one peak that was measured.

    What a prediction from shapes leaves out, workspaces and what an allocator rounds up, comes with the examples, while
    what it gives for size 0 are tensors that are there in any case.

    Args:
        shape: predicted bytes at a size; is asked for two.
        probe: one that ran.
    """
    first, second = shape(probe.size), shape(2 * probe.size)
    slope = max(second - first, 1) / probe.size
    fixed = max(0.0, first - slope * probe.size)
    scale = max((probe.peak_bytes - fixed) / (slope * probe.size), probe.peak_bytes / max(first, 1))
    slope *= scale
    return Line(probe.peak_bytes - slope * probe.size, slope, UNFORESEEN * slope)
