"""How many optimizer steps a search takes unless told otherwise."""

MOST_STEPS, SHARE = 1000, 5
"""Of longer runs one step in so many, where that is more: rates that are extrapolated from legs of a hundredth of the
run lie too far apart to be of use."""

LEAST_STEPS = 128
"""Runs shorter than this take seconds: a search may take longer than they do."""


def most_steps(planned: int) -> int:
    """Optimizer steps of a search for a run of so many: no more than that, unless it is a very short one."""
    return min(max(planned, LEAST_STEPS), max(MOST_STEPS, planned // SHARE))
