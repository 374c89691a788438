"""Facts about how weights start."""

from dataclasses import dataclass

from wellfit.model.events.init import RowsWatched


@dataclass(frozen=True, slots=True)
class WeightRows:
    """Weights that started with equal rows, as they stood last.

    Args:
        last: the latest look.
    """

    last: RowsWatched
