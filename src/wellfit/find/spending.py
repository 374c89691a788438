"""What a search on a script may take, and who hears how far it is."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Spending:
    """Of one search.

    Args:
        folder: absolute working folder, which is copied.
        budget_s: seconds for all runs.
        tell: called with how many runs are over, of how many.
    """

    folder: Path
    budget_s: float
    tell: Callable[[int, int], None] = lambda _done, _total: None
