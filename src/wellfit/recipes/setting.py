"""The run that a recipe is fitted to: how much data, in which batches, for how long."""

from collections.abc import Sized
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Setting:
    """A run in numbers.

    Args:
        steps: optimizer steps in all, at least 1.
        epochs: passes over the data, above 0.
        batch_size: samples a step; None where the loader does not say.
        samples: in the data set; None where it has no end or no length.
    """

    steps: int
    epochs: float
    batch_size: int | None = None
    samples: int | None = None

    @property
    def steps_per_epoch(self) -> float:
        """Optimizer steps a pass over the data."""
        return self.steps / self.epochs

    def __str__(self) -> str:
        parts = [
            f"{self.samples:,} samples" if self.samples else "samples not counted",
            f"batch {self.batch_size}" if self.batch_size else "batch size not known",
            f"{self.epochs:g} epochs, {self.steps:,} steps",
        ]
        return ", ".join(parts)


def read_setting(loader: Any, epochs: float, *, batch_size: int | None = None, steps: int | None = None) -> Setting:
    """What a loader says about the run; it is not iterated.

    Args:
        loader: a DataLoader, or anything with a length counted in batches; None where `steps` says enough.
        epochs: above 0.
        batch_size: where the loader does not say, or where gradients are accumulated over several batches.
        steps: optimizer steps in all; by default the loader's length times `epochs`.

    Raises:
        ValueError: a number out of its range, or a length that nobody says; names all that are wrong.
    """
    mistakes = [
        *([f"epochs must be > 0, got {epochs}"] if not epochs > 0 else []),
        *([f"steps must be >= 1, got {steps}"] if steps is not None and steps < 1 else []),
        *([f"batch_size must be >= 1, got {batch_size}"] if batch_size is not None and batch_size < 1 else []),
    ]
    length = _length(loader)
    if steps is None and length is None:
        mistakes.append(f"steps must be given: {_kind(loader)} has no length")
    if steps is None and length == 0:
        mistakes.append("loader must hold at least one batch, got 0")
    if mistakes:
        raise ValueError("; ".join(mistakes))
    total = steps if steps is not None else max(1, round((length or 0) * epochs))
    samples = _length(getattr(loader, "dataset", None))
    return Setting(total, epochs, batch_size or _batch_size(loader, samples, length), samples)


def _kind(loader: Any) -> str:
    return "no loader" if loader is None else f"the loader ({type(loader).__name__})"


def _length(thing: Any) -> int | None:
    if not isinstance(thing, Sized):
        return None
    try:
        return len(thing)
    except TypeError:  # a DataLoader over an IterableDataset has the method and no answer
        return None


def _batch_size(loader: Any, samples: int | None, length: int | None) -> int | None:
    said = getattr(loader, "batch_size", None) or getattr(getattr(loader, "batch_sampler", None), "batch_size", None)
    if said:
        return int(said)
    return round(samples / length) or None if samples and length else None
