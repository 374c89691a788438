"""Facts about which parameters the loss reaches."""

from dataclasses import dataclass

from wellfit.model.events.reach import LeavesReached, PathsTraced


@dataclass(frozen=True, slots=True)
class ReachedLeaves:
    """What the losses reached, as it stood last.

    Args:
        last: the latest look.
    """

    last: LeavesReached


@dataclass(frozen=True, slots=True)
class GradientPaths:
    """Parameters that ran without ever being reached, as they stood last.

    Args:
        last: the latest look.
    """

    last: PathsTraced
