"""Where the gap between training and validation is drawn: an interval on a track that holds zero."""

from dataclasses import dataclass

MARGIN = 0.12
"""Free part of the track on each side of what is drawn."""


@dataclass(frozen=True, slots=True)
class Track:
    """Places on the track in per cent of its length.

    Args:
        zero: where both score alike.
        low: start of the interval.
        width: its length.
        mid: the measured gap.
    """

    zero: float
    low: float
    width: float
    mid: float


def track(gap: tuple[float, float, float]) -> Track:
    """Scale an interval, and zero with it, to the track."""
    start, end = min(gap[0], 0.0), max(gap[2], 0.0)
    length = (end - start) or 1.0

    def place(value: float) -> float:
        return round(100 * (MARGIN + (1 - 2 * MARGIN) * (value - start) / length), 2)

    return Track(place(0.0), place(gap[0]), round(place(gap[2]) - place(gap[0]), 2), place(gap[1]))
