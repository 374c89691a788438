"""Runs of one batch size each: two training steps and an evaluation with the longest examples, watched for memory."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from wellfit.find.batch_size.attempt import attempted
from wellfit.find.batch_size.child import can_fork, in_child
from wellfit.find.batch_size.examples import Examples
from wellfit.find.batch_size.probe import Probe
from wellfit.find.loop import Loop, copied
from wellfit.script.memory import free_bytes, peak_bytes, reset_peak, resident_bytes

STEPS = 2
"""Optimizer steps of a run: from the second on the optimizer's state lies beside the gradients."""

TIMEOUT_S = 120.0
"""Seconds after which a run is ended."""


@dataclass(frozen=True)
class Room:
    """The memory that a search moves in.

    Args:
        base_bytes: in use before it.
        limit_bytes: that may be in use in all; None where it is unknown.
        device: of the model.
    """

    base_bytes: int
    limit_bytes: int | None
    device: torch.device


def room_on(device: torch.device, memory_bytes: int | None) -> Room:
    """How much memory there is on a device.

    Args:
        device: of the model.
        memory_bytes: that may be in use in all; None for all that is free.
    """
    if device.type == "cuda":
        torch.cuda.empty_cache()
        free, total = torch.cuda.mem_get_info(device)
        return Room(total - free, memory_bytes or total, device)
    _load_what_steps_load()
    base, free_now = resident_bytes() or 0, free_bytes()
    found = None if free_now is None else base + free_now
    return Room(base, found if memory_bytes is None else min(memory_bytes, found or memory_bytes), device)


def _load_what_steps_load() -> None:
    """The first step of any optimizer imports some 50 MB, which would else count in every child anew."""
    parameter = torch.zeros(1, requires_grad=True)
    parameter.sum().backward()
    torch.optim.SGD([parameter], lr=0.0).step()


class Runs:
    """Gives a probe of any size.

    Args:
        loop: starts anew for each.
        examples: to train on.
        evaluated: gives the batch to evaluate; None for the one that is trained on.
        room: memory.
    """

    def __init__(self, loop: Loop, examples: Examples, evaluated: Callable[[], Any] | None, room: Room) -> None:
        self._loop, self._examples, self._evaluated, self.room = loop, examples, evaluated, room
        self.seconds = 0.0

    def __call__(self, size: int) -> Probe:
        """Run this size from the start."""
        began = time.perf_counter()
        if self.room.device.type == "cuda":
            probe = self._on_cuda(size)
        else:
            probe = self._in_child(size) if can_fork() else self._here(size)
        self.seconds += time.perf_counter() - began
        return probe

    def _in_child(self, size: int) -> Probe:
        limit, base = self.room.limit_bytes, self.room.base_bytes
        room = None if limit is None else max(0, limit - base)
        seconds, taken, failed = in_child(lambda: self._train(size), room_bytes=room, timeout_s=TIMEOUT_S)
        return Probe(size, base + taken if taken else 0, failed, seconds)

    def _here(self, size: int) -> Probe:
        began = reset_peak()
        seconds, failed = attempted(lambda: self._train(size))
        taken = max(0, peak_bytes() - began)
        return Probe(size, self.room.base_bytes + taken, failed, seconds)

    def _on_cuda(self, size: int) -> Probe:
        device = self.room.device
        torch.cuda.empty_cache()
        held = torch.cuda.memory_reserved(device)
        torch.cuda.reset_peak_memory_stats(device)
        seconds, failed = attempted(lambda: self._train(size))
        taken = torch.cuda.max_memory_reserved(device) - held
        self._loop.begin()
        torch.cuda.empty_cache()
        return Probe(size, self.room.base_bytes + taken, failed, seconds)

    def _train(self, size: int) -> float:
        """Seconds of the second step."""
        self._loop.begin()
        batch = self._examples.longest(size)
        given = iter((batch, copied(batch)))
        seconds = self._loop.run(STEPS, lambda: next(given, batch))
        self._loop.evaluate(batch if self._evaluated is None else self._evaluated())
        return seconds
