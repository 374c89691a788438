"""Where in the user's own folder a trial run stands, although it runs in a copy of it."""

import os
import sys
from dataclasses import replace
from types import FrameType

from wellfit.model.place import Place
from wellfit.observe.places import is_standard_code, is_torch_code, is_user_code, user_place

OBSERVER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "observe") + os.sep
"""Folder of the room that watches, whose own calls are not the program's."""

_PACKAGE = os.path.dirname(os.path.dirname(OBSERVER)) + os.sep


def is_ours(frame: FrameType | None) -> bool:
    """Whether the observer stands between a frame and the user's own code."""
    while frame is not None and not is_user_code(frame.f_code):
        if frame.f_code.co_filename.startswith(OBSERVER):
            return True
        frame = frame.f_back
    return False


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

        What the observer does below a line is not the line's doing.

        Args:
            place: in the user's own folder.
            depth: frames between the code that asks and the first that may be the user's.
        """
        if place is None:
            return True
        frame: FrameType | None = sys._getframe(depth + 1)
        if is_ours(frame):
            return False
        here = self.at(frame)
        return here is not None and (here.file, here.line) == (place.file, place.line)

    def user_line(self) -> Place | None:
        """The user's line below which the caller runs; None where the observer itself got there."""
        frame = sys._getframe(1)
        return None if is_ours(frame) else self.at(frame)

    def own_line(self) -> Place | None:
        """The user's line below which the caller runs with torch alone between; None where another library is."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and not is_user_code(frame.f_code):
            code = frame.f_code
            if not (code.co_filename.startswith(_PACKAGE) or is_torch_code(code) or is_standard_code(code)):
                return None
            frame = frame.f_back
        return self.at(frame)
