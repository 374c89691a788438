"""How many optimizer steps a search takes unless told otherwise."""

MOST_STEPS = 1000
"""Longer runs are extrapolated to."""


def most_steps(planned: int) -> int:
    """Optimizer steps of a search for a run of so many: no more than that."""
    return min(planned, MOST_STEPS)
