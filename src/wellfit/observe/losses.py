"""The value of each loss that backward ran on, read without making a GPU wait."""

import math
from typing import Any

import torch
from torch import Tensor

BATCH = 64
"""Losses of a device that are gathered before all of them are read in one transfer."""


class LossValue:
    """One loss; its value is known at once on the CPU, and with its batch elsewhere."""

    __slots__ = ("known", "step", "value")

    def __init__(self, step: int, value: float | None, *, known: bool) -> None:
        self.step = step
        self.value = value
        self.known = known


class Losses:
    """The losses so far: the latest one, and those whose values still lie on a device."""

    def __init__(self) -> None:
        self.latest: LossValue | None = None
        self.first_nonfinite: LossValue | None = None
        self._waiting: list[tuple[LossValue, Tensor]] = []

    def note(self, loss: Tensor, step: int, *, at_once: bool) -> LossValue:
        """Take down a loss; `at_once` where it lies at hand, or where a sampled iteration may wait for the device."""
        value = _scalar(loss)
        if value is None:
            return self.unread(step)
        if at_once and not self._waiting:
            self.latest = self._know(LossValue(step, float(value), known=True))
            return self.latest
        noted = self.latest = LossValue(step, None, known=False)
        self._waiting.append((noted, value.to(torch.float32, copy=True)))
        if at_once or len(self._waiting) >= BATCH:
            self.read()
        return noted

    def unread(self, step: int) -> LossValue:
        """Take down that a loss could not be read."""
        self.latest = LossValue(step, None, known=True)
        return self.latest

    def read(self) -> None:
        """Read every loss that waits: one transfer for each device."""
        waiting, self._waiting = self._waiting, []
        by_device: dict[Any, list[tuple[LossValue, Tensor]]] = {}
        for entry in waiting:
            by_device.setdefault(entry[1].device, []).append(entry)
        for entries in by_device.values():
            for (noted, _), value in zip(entries, torch.stack([v for _, v in entries]).tolist(), strict=True):
                noted.value, noted.known = value, True
                self._know(noted)

    def _know(self, loss: LossValue) -> LossValue:
        if self.first_nonfinite is None and loss.value is not None and not math.isfinite(loss.value):
            self.first_nonfinite = loss
        return loss


def _scalar(loss: Tensor) -> Tensor | None:
    if loss.device.type == "meta" or loss.is_complex() or not loss.numel():
        return None
    detached = loss.detach()
    return detached.reshape(()) if detached.numel() == 1 else detached.sum()
