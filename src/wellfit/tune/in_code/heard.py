"""What trials report that are trained at once, noted in a study together."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wellfit.tune.in_code.task import numbers_of
from wellfit.tune.study.ledger import Ledger

if TYPE_CHECKING:
    from wellfit.fuse.result import Point
    from wellfit.fuse.train import OnReport


class Heard:
    """What the trials of a round report, and which of them are to be ended.

    Args:
        ledger: of the study.
        metric: name of what is made better.
        every: steps between two reports.
    """

    def __init__(self, ledger: Ledger, metric: str, every: int) -> None:
        self._ledger, self._metric, self._every = ledger, metric, every
        self.courses: dict[int, list[float]] = {}
        self._behind: set[int] = set()

    def listening(self, slots: Sequence[int]) -> "OnReport":
        """What hears the reports of trials that are trained at once.

        Args:
            slots: of the trials, by their index.
        """
        self.courses = {slot: [] for slot in slots} | self.courses
        return lambda step, points: self._ended(slots, step, points)

    def _ended(self, slots: Sequence[int], step: int, points: "Mapping[int, Point]") -> list[int]:
        """Note reports that were not noted before, as they are where a part of a round is trained again."""
        count = -(-step // self._every)
        new = {slots[i]: [numbers_of(p)[self._metric]] for i, p in points.items()}
        new = {slot: value for slot, value in new.items() if len(self.courses[slot]) < count}
        for slot, value in new.items():
            self.courses[slot] += value
        self._behind |= self._ledger.note_many(new) - {0}  # what all others are held against is trained to its end
        return [i for i, slot in enumerate(slots) if slot in self._behind]
