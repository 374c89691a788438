"""Find a batch size for a training: what fits, what is worth it, and what moves with it, without a trace."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import nn
from torch.optim import Optimizer
from torch.utils.data import DataLoader

from wellfit.errors import WellfitError
from wellfit.find.batch_size.asked import Asked, mistakes_of, try_out
from wellfit.find.batch_size.capacity import MARGIN, Capacity, search_capacity
from wellfit.find.batch_size.examples import Examples, examples_of
from wellfit.find.batch_size.found import BatchSizeFound, chosen_size
from wellfit.find.batch_size.gradients import Measured, measure
from wellfit.find.batch_size.knee import knee
from wellfit.find.batch_size.moves import Moves, moves
from wellfit.find.batch_size.noise_scale import noise_scale
from wellfit.find.batch_size.runs import Runs, room_on
from wellfit.find.batch_size.shape import shape_of
from wellfit.find.batch_size.timing import timed
from wellfit.find.loop import Loop, device_of
from wellfit.find.snapshot import Snapshot, held_as_it_is
from wellfit.find.trace import fingerprint
from wellfit.find.training import norms_of
from wellfit.script.memory import parse_bytes

START = 8
"""Examples of the first run."""

SMALL = 32
"""Examples of the small batches whose gradients are compared with those of eight together."""

STEP_DOWN = 0.97
"""What is left of a size that does not run a second time; so often, at most, as `RETRIES`."""

RETRIES = 5


def find_batch_size(  # noqa: PLR0913  # one call says all that is known of the run
    model: nn.Module,
    data: Any,
    loss: Callable[..., Any],
    optimizer: Optimizer | Sequence[Optimizer],
    *,
    most: int | None = None,
    memory: str | int | None = None,
    margin: float = MARGIN,
    validation: Any = None,
    collate_fn: Callable[[list[Any]], Any] | None = None,
    scaler: Any = None,
    accumulate: int = 1,
    slowest_s: float = 2.0,
    budget_s: float = 3.0,
    seed: int = 0,
) -> BatchSizeFound:
    """Find the batch size that trains fastest within the memory there is, and say what moves with it.

    Afterwards everything is put back, bit for bit, and that is checked. docs/batch-size.md says how it works.

    Args:
        model: is trained and put back.
        data: a DataLoader over a map-style data set, whose batch size is the one so far, or such a data set.
        loss: `loss(model(inputs), targets)` where a batch is a pair, `loss(model, batch)` where it is anything else.
        optimizer: one, or all that are stepped together.
        most: largest size to try, >= 1; the data set's length in any case.
        memory: that may be in use in all, in bytes or as "2GB": by this process, or of the GPU; by default all that is
            free.
        margin: share of the memory that is free so far to leave free, in [0, 1).
        validation: a DataLoader whose batches are evaluated, as they are, in each run; by default the training's.
        collate_fn: makes a batch of a list of examples; by default the loader's.
        scaler: a GradScaler; the forward then runs under autocast.
        accumulate: >= 1; batches of an optimizer step so far.
        slowest_s: seconds that a step may take, > 0; larger sizes are not tried.
        budget_s: seconds for the timing of steps, and as many for the gradients, > 0.
        seed: of everything random in the search.

    Returns:
        The size with its reasons, or a verdict why there is none.

    Raises:
        ValueError: something cannot be searched with; names all that is wrong.

    Example:
        >>> import torch
        >>> model = nn.Linear(4, 1)
        >>> data = torch.utils.data.TensorDataset(torch.randn(300, 4), torch.randn(300, 1))
        >>> optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        >>> find_batch_size(model, data, nn.MSELoss(), optimizer, budget_s=0.2).fits.size
        300
    """
    began = time.perf_counter()
    optimizers = [optimizer] if isinstance(optimizer, Optimizer) else list(optimizer)
    asked = Asked(
        model, data, loss, optimizers, most, memory, margin, validation, collate_fn, scaler, accumulate,
        slowest_s, budget_s, seed,
    )  # fmt: skip
    return replace(_searched(asked), seconds=time.perf_counter() - began)


def _searched(asked: Asked) -> BatchSizeFound:
    """Search, put everything back, and hold it against what it was."""
    mistakes = list(mistakes_of(asked))
    if mistakes:
        raise ValueError("; ".join(mistakes))
    parts = (asked.model, asked.loss, *asked.optimizers, asked.scaler, asked.data, asked.validation)
    before = fingerprint(*parts)
    room = room_on(device_of(asked.model), None if asked.memory is None else parse_bytes(asked.memory))
    live = Snapshot(asked.model, asked.loss, list(asked.optimizers), asked.scaler)
    with held_as_it_is(live, Snapshot(asked.data, asked.validation, data=True)):
        loop = Loop(asked.model, asked.loss, asked.optimizers, live, asked.scaler, asked.accumulate, asked.seed)
        examples = examples_of(asked.data, asked.collate_fn)
        try_out(loop, examples)
        runs = Runs(loop, examples, _evaluated(asked), room)
        found = _Search(asked, loop, examples, runs).found()
    if fingerprint(*parts) != before:
        raise WellfitError("the search could not put everything back as it was: make model and optimizer anew")
    return found


def _evaluated(asked: Asked) -> Callable[[], Any] | None:
    """Gives the longest batch of the validation data, where there is some."""
    if asked.validation is None:
        return None
    held = examples_of(asked.validation, None)
    size = min(held.count, batch_size_of(asked.validation) or held.count)
    return lambda: held.longest(size)


def batch_size_of(data: Any) -> int | None:
    """Of a loader; None of a data set."""
    return data.batch_size if isinstance(data, DataLoader) else None


@dataclass(frozen=True)
class _Search:
    asked: Asked
    loop: Loop
    examples: Examples
    runs: Runs

    def found(self) -> BatchSizeFound:
        fits = self._capacity()
        fits, verified = self._verified(fits)
        old = batch_size_of(self.asked.data)
        empty = BatchSizeFound(
            None, fits.ended, fits.reason, fits, None, None, 0, None, verified, self.examples.vary, old,
            self.runs.seconds, 0.0,
        )  # fmt: skip
        if fits.size is None:
            return empty
        worth = knee(timed(self.loop, self.examples, most=fits.size, budget_s=self.asked.budget_s, old=old))
        measured = self._measured(fits.size)
        noise = None if measured is None else noise_scale(measured.norms, self.examples.count)
        critical = noise.size if noise else None
        size, why = chosen_size(fits.size, worth, critical, old)
        return replace(
            empty, size=size, verdict="ok", reason=why, worth=worth, noise_scale=noise,
            noise_steps=measured.steps if measured else 0, moves=self._moves(size, fits.size, critical),
        )  # fmt: skip

    def _capacity(self) -> Capacity:
        most = min(self.examples.count, self.asked.most or self.examples.count)
        start = min(START, most)
        return search_capacity(
            self.runs,
            start=start,
            most=most,
            limit_bytes=self.runs.room.limit_bytes,
            base_bytes=self.runs.room.base_bytes,
            shape=self._shape(start, most),
            margin=self.asked.margin,
            slowest_s=self.asked.slowest_s,
        )

    def _shape(self, start: int, most: int) -> Callable[[int], int] | None:
        foretold = shape_of(self.loop, self.examples, start) if 2 * start <= most else None
        base = self.runs.room.base_bytes
        return None if foretold is None else lambda size: base + foretold(size)

    def _verified(self, fits: Capacity) -> tuple[Capacity, bool]:
        """The same size where it runs a second time from a fresh state, else the next below that does."""
        size, again = fits.size, fits.probes
        for _ in range(RETRIES if size else 0):
            assert size is not None  # noqa: S101  # for the type checker
            probe = self.runs(size)
            again = (*again, probe)
            limit = fits.limit_bytes
            if probe.failed is None and (limit is None or probe.peak_bytes <= limit):
                return replace(fits, size=size, probes=again), True
            size = max(1, int(size * STEP_DOWN))
        return replace(fits, probes=again), False

    def _measured(self, fits: int) -> Measured | None:
        size = min(SMALL, fits, self.examples.count // 2)
        return measure(self.loop, self.examples, size=size, budget_s=self.asked.budget_s)

    def _moves(self, size: int, fits: int, critical: float | None) -> Moves:
        asked = self.asked
        old = min(batch_size_of(asked.data) or size, self.examples.count)
        return moves(
            old,
            size,
            optimizer=type(asked.optimizers[0]).__name__,
            examples=self.examples.count,
            accumulate=asked.accumulate,
            critical=critical,
            drop_last=bool(getattr(asked.data, "drop_last", False)),
            batch_norm=bool(norms_of(asked.model)),
            keep=fits < old,
        )
