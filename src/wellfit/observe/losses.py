"""The value of each loss that backward ran on, read without making a GPU wait."""

import math
from collections import deque
from typing import Any

import torch
from torch import Tensor

BATCH = 64
"""Losses of a device that are gathered before all of them are read in one transfer."""


HISTORY = 32
"""Finite losses that are remembered, to tell a run that blew up from one that broke at once."""


class LossValue:
    """One loss; its value is known at once on the CPU, and with its batch elsewhere."""

    __slots__ = ("known", "step", "value")

    def __init__(self, step: int, value: float | None, *, known: bool) -> None:
        self.step = step
        self.value = value
        self.known = known


class Losses:
    """The losses so far: the latest one, those whose values still lie on a device, and those that are not finite."""

    def __init__(self) -> None:
        self._latest: LossValue | None = None
        self._number: float | None = None
        self._step = 0
        self.first: float | None = None
        self.history: deque[float] = deque(maxlen=HISTORY)
        self.first_nonfinite: LossValue | None = None
        self.nonfinite = 0
        self.latest_is_nonfinite = False
        self._waiting: list[tuple[LossValue, Tensor]] = []

    def note(self, loss: Tensor, step: int, *, at_once: bool) -> float | None:
        """Take down a loss; `at_once` where it lies at hand, or where a sampled iteration may wait for the device.

        Returns:
            its value, or None where it is not known yet, or cannot be read.
        """
        if at_once and not self._waiting and type(loss) is Tensor and loss.is_cpu and loss.numel() == 1:
            number = loss.item()
            if type(number) is float:  # the usual loss, for a microsecond
                self._number, self._step = number, step
                if number - number != 0.0 or self.first is None:
                    self._know(LossValue(step, number, known=True))
                else:
                    self.history.append(number)
                    self.latest_is_nonfinite = False
                return number
        self._number = None
        value = _scalar(loss)
        if value is None:
            self.unread(step)
            return None
        self._latest = noted = LossValue(step, None, known=False)
        self._waiting.append((noted, value.to(torch.float32, copy=True)))
        if at_once or len(self._waiting) >= BATCH:
            self.read()
        return noted.value

    def unread(self, step: int) -> None:
        """Take down that a loss could not be read."""
        self._number = None
        self._latest = LossValue(step, None, known=True)

    @property
    def latest(self) -> LossValue | None:
        """The loss that was noted last."""
        if self._number is not None:
            self._latest, self._number = LossValue(self._step, self._number, known=True), None
        return self._latest

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

    def _know(self, loss: LossValue) -> None:
        value = loss.value
        if value is None:
            return
        if math.isfinite(value):
            if self.first is None:
                self.first = value
            self.history.append(value)
            self.latest_is_nonfinite = False
        else:
            self.first_nonfinite = self.first_nonfinite or loss
            self.nonfinite += 1
            self.latest_is_nonfinite = True


def _scalar(loss: Tensor) -> Tensor | None:
    if loss.device.type == "meta" or loss.is_complex() or not loss.numel():
        return None
    detached = loss.detach()
    return detached.reshape(()) if detached.numel() == 1 else detached.sum()
