"""Where the user's code stands, in words that two runs in two folders share."""

import os
from types import FrameType

from torch.utils.data import get_worker_info

from wellfit.model.place import Place
from wellfit.observe.places import user_place


class Places:
    """Names lines by files relative to a folder, and processes by their order.

    Args:
        root: absolute folder of the code.
    """

    def __init__(self, root: str) -> None:
        self._root = root + os.sep
        self._known: dict[Place, Place] = {}
        self._forks = 0
        self.process = ""
        os.register_at_fork(before=self._before_fork, after_in_child=self._in_child)

    def _before_fork(self) -> None:
        self._forks += 1

    def _in_child(self) -> None:
        self.process = f"{self.process}.{self._forks}".removeprefix(".")
        self._forks = 0

    def of(self, frame: FrameType | None) -> Place | None:
        """The user's own line, from this frame outwards."""
        found = user_place(frame)
        return None if found is None else self._known.setdefault(found, self._relative(found))

    def _relative(self, place: Place) -> Place:
        return Place(place.file.removeprefix(self._root), place.line, place.function)


def worker() -> int:
    """Number of the DataLoader's worker that this process is; -1 where it is none."""
    about = get_worker_info()
    return -1 if about is None else int(about.id)
