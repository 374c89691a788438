"""The lines on which the program made its activation modules.

A softmax that stands in a Sequential is called by torch, not by a line of the program: the line that made it is the
one to edit.
"""

import weakref
from types import FrameType

from torch.nn import Module

from wellfit.model.place import Place
from wellfit.observe.places import is_user_code, place_of


class MadeModules:
    """Where each was made, without keeping any alive."""

    def __init__(self) -> None:
        self._places: dict[int, tuple[weakref.ref[Module], Place]] = {}

    def note(self, module: Module, frame: FrameType) -> None:
        """A module is being made; only lines of the program itself count, not those of a library's model."""
        if is_user_code(frame.f_code):
            self._places[id(module)] = weakref.ref(module), place_of(frame)

    def place(self, module: object) -> Place | None:
        """The line that made a module, where the program did."""
        reference, place = self._places.get(id(module), (None, None))
        return place if reference is not None and reference() is module else None
