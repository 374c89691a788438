"""The curves of paired runs, with the band of their seeds."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from wellfit.model.proof import Band

POINTS = 60
"""Points of a band: each the mean of a stretch of steps, so that single batches do not hide the course."""


def band(name: str, courses: Sequence[Mapping[int, float]]) -> Band | None:
    """Smallest, mean and largest value of several runs by stretches of steps; None where they share no step."""
    shared = sorted(set.intersection(*(set(course) for course in courses))) if courses else []
    if not shared:
        return None
    size = max(1, len(shared) // POINTS)
    stretches = [shared[start : start + size] for start in range(0, len(shared), size)]
    values = [[fmean(course[step] for step in stretch) for course in courses] for stretch in stretches]
    return Band(
        name,
        tuple(stretch[len(stretch) // 2] for stretch in stretches),
        tuple(min(v) for v in values),
        tuple(fmean(v) for v in values),
        tuple(max(v) for v in values),
    )
