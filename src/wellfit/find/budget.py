"""How many optimizer steps a search takes unless told otherwise."""

MOST_STEPS = 1000
"""Longer runs are extrapolated to."""

LEAST_STEPS = 128
"""Runs shorter than this take seconds: a search may take longer than they do."""


def most_steps(planned: int) -> int:
    """Optimizer steps of a search for a run of so many: no more than that, unless it is a very short one."""
    return min(max(planned, LEAST_STEPS), MOST_STEPS)
