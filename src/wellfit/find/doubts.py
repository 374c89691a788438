"""Why a rate that was found may be off by more than it seems."""

import math
from collections.abc import Iterator

from wellfit.find.repeats import FEW_ROWS
from wellfit.find.search import Result

WIDE = 1.5
"""Decades of an interval beyond which a notice says so. A search with the steps of one training leaves 1.0 to 1.2."""


def doubts(result: Result, rows: int) -> Iterator[str]:
    """Notices, a sentence each; none where no rate was found.

    Args:
        result: of a search.
        rows: that its legs were judged on; 0 where they are the batches that follow.
    """
    if result.multiplier is None or result.interval is None:
        return
    if 0 < rows < FEW_ROWS:
        yield (
            f"{rows} held rows are few: chance moves the rate found by more than the interval says, mostly upwards;"
            " take the lower end where in doubt"
        )
    low, high = result.interval
    width = math.log10(high / low)
    if width > WIDE:
        yield f"the interval spans {width:.1f} decades: longer short trainings, which a larger budget allows, narrow it"
