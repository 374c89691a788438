"""Drops at a few points of the run."""

from collections.abc import Sequence

from wellfit.schedules.limits import in_run, require

THIRDS = (1 / 3, 2 / 3, 8 / 9)
"""Where the classic recipe of 90 epochs drops: after 30, 60 and 80."""


def multistep(step: float, total: int, *, milestones: Sequence[float] = THIRDS, gamma: float = 0.1) -> float:
    """A drop to `gamma` at each milestone: gamma ** (milestones reached).

    Args:
        step: >= 0; optimizer steps done.
        total: >= 1; optimizer steps of the run.
        milestones: ascending shares of the run in (0, 1), so that another length moves them along.
        gamma: factor of each drop, in (0, 1).

    Returns:
        The multiplier of the peak rate, in (0, 1].

    Raises:
        ValueError: an argument out of range, or milestones out of order.

    Example:
        >>> [multistep(step, 90) for step in (0, 29, 30)]
        [1.0, 1.0, 0.1]

    Source:
        torchvision, references/classification: a tenth after every 30 of 90 epochs.
    """
    require(
        *in_run(step, total),
        (0 < gamma < 1, f"gamma must lie in (0, 1), got {gamma}"),
        (all(0 < m < 1 for m in milestones), f"milestones must be shares of the run in (0, 1), got {milestones}"),
        (list(milestones) == sorted(set(milestones)), f"milestones must ascend, got {milestones}"),
    )
    reached = sum(step >= max(1, round(milestone * total)) for milestone in milestones)
    return float(gamma**reached)
