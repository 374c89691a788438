"""Which seeds the program sets in a trial run, and where: one that differs between two runs is why they differ."""

import functools
import os
import random
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from wellfit.model.events.deep import SeedSet
from wellfit.observe.places import is_standard_code, is_torch_code, user_frame, user_place
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

MOST_SEEDS = 64
"""Seeds that are written; a loop over folds sets many."""

_SEEDING: tuple[tuple[Any, str, str], ...] = (
    (torch, "manual_seed", "torch.manual_seed"),
    (torch, "seed", "torch.seed"),
    (torch.cuda, "manual_seed", "torch.cuda.manual_seed"),
    (torch.cuda, "manual_seed_all", "torch.cuda.manual_seed_all"),
    (random, "seed", "random.seed"),
    (random.Random, "seed", "random.Random"),
    (np.random, "seed", "np.random.seed"),
)


class SeedCallsProbe(Probe):
    """Writes `SeedSet`, of the user's own lines alone.

    It stands before the functions that seed, which a watched run of the user's own could notice; trial runs alone have
    it.
    """

    emits = (SeedSet,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._written = 0
        self._process = os.getpid()
        if hasattr(random.seed, "__wrapped__"):
            return  # a forked process, where those of its parent stand and are silent
        for owner, name, function in _SEEDING:
            self._stand_before(owner, name, function)

    def _stand_before(self, owner: Any, name: str, function: str) -> None:
        original: Callable[..., Any] = getattr(owner, name)

        @functools.wraps(original, updated=())
        def seed(*args: Any, **kwargs: Any) -> Any:
            self._note(function, args[1:] if isinstance(owner, type) else args, kwargs)
            return original(*args, **kwargs)

        setattr(owner, name, seed)

    def _note(self, function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        frame = sys._getframe(2)
        if self._written >= MOST_SEEDS or os.getpid() != self._process or user_frame(frame) is not _nearest(frame):
            return
        self._written += 1
        value = next(iter((*args, *kwargs.values())), None)
        self.watch.emit(SeedSet(function, None if value is None else str(value), user_place(frame)))


def _nearest(frame: Any) -> Any:
    """The frame that seeds: what another library seeds is none of the user's.

    The constructor of a generator is passed over, and so is what torch's compiler puts around its own function.
    """
    while frame is not None and (is_standard_code(frame.f_code) or is_torch_code(frame.f_code)):
        frame = frame.f_back
    return frame
