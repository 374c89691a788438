"""Where in the user's own folder a trial run stands, although it runs in a copy of it."""

import os
import sys
from dataclasses import replace
from types import FrameType

from wellfit.model.place import Place
from wellfit.observe.places import user_place


class Sites:
    """Translates places in the copy to those in the user's folder.

    Args:
        root: absolute folder of the user's.
        copy: absolute folder that the script runs in; empty where nothing was copied.
    """

    def __init__(self, root: str, copy: str) -> None:
        self._root = root.rstrip(os.sep) + os.sep
        self._copy = copy.rstrip(os.sep) + os.sep if copy else ""

    def at(self, frame: FrameType | None) -> Place | None:
        """The user's line that runs, from this frame outwards."""
        place = user_place(frame)
        if place is None or not self._copy or not place.file.startswith(self._copy):
            return place
        return replace(place, file=self._root + place.file[len(self._copy) :])

    def is_here(self, place: Place | None, *, depth: int = 1) -> bool:
        """Whether the caller's caller runs at a line; every line will do where none is named.

        Args:
            place: in the user's own folder.
            depth: frames between the code that asks and the first that may be the user's.
        """
        if place is None:
            return True
        here = self.at(sys._getframe(depth + 1))
        return here is not None and (here.file, here.line) == (place.file, place.line)
