"""Train on ever larger batches in one run, and time each size."""

import statistics
import time
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.data import DataLoader

from wellfit.intervene.limit_memory import peak_on
from wellfit.intervene.planned_batches import PlannedBatches
from wellfit.intervene.training_batches import TrainingBatches, length, plan, why_not
from wellfit.model.events.batch import SizeClimbed
from wellfit.script import memory

SKIPPED = 2
"""First steps of a size that are not timed: loaders load a batch ahead, and memory is asked for."""

FEWEST_TIMED = 3
MOST_TIMED = 15
ENOUGH_S = 0.3
"""Seconds of timed steps after which more tell no more, where there are `FEWEST_TIMED`."""

LONGEST_EPOCH = 4096
"""Batches of an epoch at least, so that none ends before all sizes are climbed."""


class ClimbSizes(TrainingBatches):
    """From step `begin` on, the loader number `loader` has batches of each of `sizes` for a few steps; then all ends.

    Sizes are climbed and descended, so that each is timed twice, at times far apart: other programs slow some steps.
    Before that batches have `size` samples. The climb ends before a size that is expected to take more than `bytes` of
    memory (of `device`), or more time than is left of `seconds`.
    """

    name = "climb_sizes"
    options = frozenset({"loader", "size", "sizes", "begin", "seconds", "bytes", "device"})

    def install(self) -> None:
        """Follow loaders and steps."""
        super().install()
        options = self.cure.options
        self._sizes = [int(size) for size in options["sizes"]]
        self._begin = int(options.get("begin", 0))
        self._device = str(options.get("device", "cpu"))
        self._ends = float(options.get("seconds", 60.0))
        self._batches: PlannedBatches | None = None
        self._rung = -1
        self._falls = False
        self._climbed: list[SizeClimbed] = []
        self._taken: list[int] = []
        self._times: list[float] = []
        self._fitting = 0
        self._clock: Optimizer | None = None
        self._base = memory.reset_peak() if self._device == "cpu" else 0
        self._latest = time.perf_counter()
        register_optimizer_step_post_hook(self._after_step)

    def made(self, number: int, loader: DataLoader[Any]) -> None:
        """Exchange the batches of the loader that is meant."""
        if number != self.cure.options["loader"]:
            return
        refusal = why_not(loader)
        if refusal is not None:
            self.refuse(refusal)
            return
        epoch = max(LONGEST_EPOCH, length(loader.batch_sampler) or 0)
        self._batches = plan(loader, self._size, epoch)
        self._number = number
        self.applied()

    def drawn(self, number: int) -> None:
        """Note how large the batch is that is handed out."""
        if self._batches is not None and number == self._number and self._batches.waiting:
            self._taken.append(self._batches.waiting.popleft())

    def _size(self) -> int:
        return int(self.cure.options["size"]) if self._rung < 0 else self._sizes[self._rung]

    def _after_step(self, optimizer: Optimizer, *_: Any) -> None:
        self._clock = self._clock or optimizer
        if optimizer is not self._clock or self._batches is None:
            return
        if self._rung < 0:
            if self.phases.steps + 1 >= self._begin:
                self._start()
            return
        self._time_step()

    def _start(self) -> None:
        self.rest()
        memory.reset_peak()
        self._ends += time.monotonic()
        self._climb()

    def _time_step(self) -> None:
        if self._device == "cuda":
            torch.cuda.synchronize()
        now = time.perf_counter()
        size = self._sizes[self._rung]
        if self._taken and all(taken == size for taken in self._taken):
            self._fitting += 1
            if self._fitting > SKIPPED:
                self._times.append(now - self._latest)
        draws, self._taken = len(self._taken), []
        if len(self._times) >= FEWEST_TIMED and (sum(self._times) >= ENOUGH_S or len(self._times) >= MOST_TIMED):
            self._climbed.append(SizeClimbed(size, draws, len(self._times), self._median(), peak_on(self._device)))
            self.emit(self._climbed[-1])
            self._climb()
        self._latest = time.perf_counter()

    def _median(self) -> float:
        return statistics.median(self._times)

    def _climb(self) -> None:
        """Go on to the next size: upwards as far as that goes, then down again."""
        self._times, self._fitting = [], 0
        if not self._falls and self._rung + 1 < len(self._sizes) and self._may_climb(self._sizes[self._rung + 1]):
            self._rung += 1
            return
        self._falls = True
        if self._rung > 0 and time.monotonic() < self._ends:
            self._rung -= 1
        else:
            self.finish()

    def _may_climb(self, size: int) -> bool:
        """Whether a larger size is expected to end in time, and within memory."""
        if not self._climbed:
            return True
        last = self._climbed[-1]
        expected_s = (SKIPPED + FEWEST_TIMED) * last.seconds * size / last.size
        return time.monotonic() + expected_s <= self._ends and self._expected_bytes(size) <= self._limit()

    def _limit(self) -> float:
        limit = self.cure.options.get("bytes")
        return float("inf") if limit is None else float(limit)

    def _expected_bytes(self, size: int) -> float:
        """By the line through the last two sizes; with one of them, by what it took beyond the bare process."""
        before, last = ((0, self._base), *((c.size, c.peak_bytes or 0) for c in self._climbed))[-2:]
        return last[1] + max(0, last[1] - before[1]) / (last[0] - before[0]) * (size - last[0])
