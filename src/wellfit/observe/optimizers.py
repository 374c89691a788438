"""The optimizers of the process: where each was made, and which parameters any of them ever held."""

import weakref
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from wellfit.model.place import Place

ROOM = 64
"""Optimizers after which those that are gone are forgotten: some programs make one each step."""


@dataclass
class Held:
    """One optimizer.

    Args:
        index: in order of first appearance.
        made_at: the user's line that constructed it; None where it was copied or unpickled.
        stepped_at: the user's line that steps it, once known.
        steps: how many it has made.
        backwards: how many backward passes the process had made at its latest step.
    """

    index: int
    kind: str
    reference: "weakref.ref[Optimizer]"
    made_at: Place | None = None
    stepped_at: Place | None = None
    steps: int = 0
    backwards: int = 0


@dataclass
class Optimizers:
    """All optimizers, without keeping any of them or of their parameters alive.

    Args:
        stepped: how many of them have stepped.
    """

    all: list[Held] = field(default_factory=list)
    stepped: int = 0
    _count: int = 0
    _room: int = ROOM
    _by_id: dict[int, Held] = field(default_factory=dict)
    _ever: "dict[int, tuple[weakref.ref[Tensor], int]]" = field(default_factory=dict)

    def made(self, optimizer: Optimizer, place: Place | None) -> bool:
        """A group is being added; True the first time, which is the constructor's doing."""
        if self._known(optimizer) is not None:
            return False
        self._add(optimizer, place)
        return True

    def find(self, optimizer: Optimizer) -> Held:
        """The optimizer's entry, made at its first step where nobody saw it constructed; a wrapper has that within."""
        return self._known(optimizer) or self._within(optimizer) or self._add(optimizer, None)

    def _within(self, wrapper: Optimizer) -> Held | None:
        """The optimizer whose very groups another one shows, as those of accelerate do."""
        groups = wrapper.param_groups
        return next(
            (h for h in self.all if (inner := h.reference()) is not None and inner.param_groups is groups), None
        )

    def _known(self, optimizer: Optimizer) -> Held | None:
        held = self._by_id.get(id(optimizer))
        return held if held is not None and held.reference() is optimizer else None

    def _add(self, optimizer: Optimizer, place: Place | None) -> Held:
        if len(self.all) >= self._room:
            self.all = [held for held in self.all if held.reference() is not None]
            self._room = 2 * len(self.all) + ROOM
        held = Held(self._count, type(optimizer).__name__, weakref.ref(optimizer), place)
        self._count += 1
        self.all.append(held)
        self._by_id[id(optimizer)] = held
        return held

    def refresh(self) -> None:
        """Read what living optimizers hold: groups are added and replaced while a program runs."""
        for held in self.all:
            optimizer = held.reference()
            if optimizer is not None:
                self.note(held, optimizer)

    def note(self, held: Held, optimizer: Optimizer) -> None:
        """Remember what one optimizer holds now."""
        for group in getattr(optimizer, "param_groups", ()):
            for parameter in group["params"]:
                if self.holder_of(parameter) is None:
                    self._ever[id(parameter)] = (weakref.ref(parameter), held.index)

    def has_held(self, identity: int) -> bool:
        """Whether a parameter with an id, perhaps gone by now, was ever held."""
        return identity in self._ever

    def holder_of(self, parameter: Tensor) -> int | None:
        """Number of an optimizer that has ever held a parameter, or None."""
        known = self._ever.get(id(parameter))
        return None if known is None or known[0]() is not parameter else known[1]


def rate_is_zero(optimizer: Optimizer) -> bool:
    """Whether the first group's learning rate is the number 0; one in a tensor may lie on a device, and is not read."""
    groups = optimizer.param_groups
    rate = groups[0].get("lr") if groups else None
    return rate.__class__ in (float, int) and rate == 0


def has_closure(args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> bool:
    """Whether an optimizer's step was handed a function, which it calls for the loss."""
    return any(callable(value) for value in (*args[1:], *(kwargs or {}).values()))
