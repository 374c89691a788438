"""The models that are trained, and hashes of their weights on the way and at the end."""

import os
import time
import weakref
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.model.events.record import WeightsHashed
from wellfit.observe.moments import Forward
from wellfit.observe.pace import Pace
from wellfit.observe.sampled_hashes import hash_within
from wellfit.observe.watch import Watch
from wellfit.record.lives import Life, weights_of
from wellfit.record.quietly import quietly

MOST_MODELS = 8
"""Living ones that are followed."""

BYTES_ON_THE_WAY = 1 << 18
"""That are hashed while it trains: less than a millisecond."""

BYTES_AT_START = 1 << 26
"""Some 0.08 s."""

BYTES_AT_END = 1 << 30
"""A second, or two."""

EXPECTED_S_PER_BYTE = 2e-9


class Models:
    """Writes `WeightsHashed`.

    Args:
        watch: of this process.
        pace: how much time there is.
    """

    def __init__(self, watch: Watch, pace: Pace) -> None:
        self._watch = watch
        self._pace = pace
        self._process = os.getpid()
        self._lives: dict[int, Life] = {}
        self._moded: set[int] = set()
        self._count = 0
        self._gone = 0
        self._latest: weakref.ref[Module] | None = None
        self._hashed_at = -1

    def note(self, forward: Forward) -> None:
        """A model is called with gradients on; one that was never met at a step that every run hears is followed."""
        module = forward.module
        if self._latest is not None and self._latest() is module:
            return
        if not self._pace.is_regular(self._watch.clock.step):
            return
        self._latest = weakref.ref(module)
        if len(self._lives) >= MOST_MODELS or any(life.module is module for life in self._lives.values()):
            return
        index, self._count = self._count, self._count + 1
        self._lives[index] = Life(module, partial(quietly, self._ends, index))
        if forward.training:
            self._moded.add(index)

    def are_evaluated(self) -> bool:
        """Whether no model that trains in training mode is in that now."""
        modules = (life.module for index, life in self._lives.items() if index in self._moded)
        return not any(module is not None and module.training for module in modules)

    def hash_on_the_way(self, step: int, at: str) -> None:
        """Hash a sample of what each model holds, once a step.

        Args:
            step: optimizer steps so far.
            at: see `WeightsHashed`.
        """
        if step == self._hashed_at or not self._may_read():
            return
        self._hashed_at = step
        for index, life in self._lives.items():
            module = life.module
            if module is not None:
                life.follow()
                self._write(weights_of(module), BYTES_ON_THE_WAY, step=step, at=at, model=index)

    def end(self) -> None:
        """The process ends: hash those that still live."""
        lives, self._lives = self._lives, {}
        for index, life in lives.items():
            module = life.module
            life.close()
            if module is not None and self._may_read():
                step = self._watch.clock.step
                self._write(weights_of(module), BYTES_AT_END, step=step, at="end", model=index)

    def _ends(self, index: int, weights: list[Tensor]) -> None:
        """A model goes; in a forked process that is none of ours."""
        if os.getpid() != self._process or self._lives.pop(index, None) is None:
            return
        began = time.perf_counter()
        size = min(BYTES_AT_END, sum(w.numel() * w.element_size() for w in weights))
        allowed = self._pace.allows(self._gone, size * EXPECTED_S_PER_BYTE)
        self._gone += 1
        if allowed and self._may_read():
            self._write(weights, BYTES_AT_END, step=self._watch.clock.step, at="end", model=index)
        self._pace.spent_s += time.perf_counter() - began

    def _may_read(self) -> bool:
        return not torch.compiler.is_compiling() and not is_capturing() and self._watch.may_compute()

    def _write(self, weights: list[Tensor], most_bytes: int, **beside: Any) -> None:
        if not weights:
            return
        hashed, share = hash_within(weights, most_bytes)
        self._watch.recorder.write(WeightsHashed(hashed, share=share, **beside), always=True)


def is_capturing() -> bool:
    """Whether the program records a graph of an accelerator's work, which a look at a value would end."""
    asks: Callable[[], bool] | None = getattr(torch.cuda, "is_current_stream_capturing", None)
    return asks is not None and torch.cuda.is_available() and torch.cuda.is_initialized() and asks()
