"""What one step of one trial shows: which parameters get gradients, which buffers change, how much it remembers."""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.fuse.alone import Training
from wellfit.fuse.built import Trial
from wellfit.fuse.task import Batch, FusedTask


@dataclass(frozen=True)
class Anatomy:
    """One model at work.

    Attributes:
        trained: names of parameters that got a gradient.
        changed: names of buffers that the forward changed.
        saved_bytes: what the forward kept for the backward.
        draws: whether a dropout drew.
        smooths: whether the loss has a cross-entropy to smooth.
    """

    trained: frozenset[str]
    changed: frozenset[str]
    saved_bytes: int
    draws: bool
    smooths: bool


def observed(task: FusedTask, trial: Trial, batch: Batch) -> Anatomy:
    """Train a copy of a trial's model by one step.

    Args:
        task: the training.
        trial: whose model is copied.
        batch: of one seed.
    """
    copied = copy.deepcopy(trial.model)
    buffers = {name: b.clone() for name, b in copied.named_buffers()}
    training = Training(task, Trial(trial.index, trial.setting, trial.seed, trial.step, copied))
    saved = _Saved(copied)
    with torch.autograd.graph.saved_tensors_hooks(saved.note, _as_it_is):
        training.step(batch)
    changed = {n for n, b in copied.named_buffers() if not torch.equal(b, buffers[n])}
    trained = {n for n, p in copied.named_parameters() if p.grad is not None}
    seen = training.seen
    return Anatomy(frozenset(trained), frozenset(changed), saved.total, seen.dropped, seen.smoothed)


class _Saved:
    """Adds up storages that are kept for the backward, each once, parameters left out."""

    def __init__(self, model: nn.Module) -> None:
        self._seen = {p.untyped_storage().data_ptr() for p in model.parameters()}
        self.total = 0

    def note(self, tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._seen:
            self._seen.add(storage.data_ptr())
            self.total += storage.nbytes()
        return tensor


def _as_it_is(packed: Any) -> Any:
    return packed
