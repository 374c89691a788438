"""The random numbers of one training step, for all its trials: those of one seed share them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from wellfit.fuse.keyed import key, normals, uniforms

INPUTS = -1
"""Place of the noise on inputs; dropouts have places 0, 1, 2 ... in the order in which a forward calls them."""


class Draws:
    """Numbers for one step.

    Args:
        seeds: S seeds, each once.
        step: >= 0.
        rows: which seed each trial has, int64, shape () in a trial of its own or under vmap, (K,) outside; None where
            there is one seed.
    """

    def __init__(self, seeds: Sequence[int], step: int, rows: Tensor | None) -> None:
        self._seeds, self._step, self.rows = seeds, step, rows

    def uniform(self, place: int, shape: Sequence[int], device: torch.device) -> Tensor:
        """Numbers in [0, 1), float32, of one trial's shape.

        Args:
            place: >= 0.
            shape: of one trial's tensor.
            device: where they are needed.
        """
        keys = [key(seed, self._step, place) for seed in self._seeds]
        return self._of_trial(uniforms(keys, torch.Size(shape).numel(), device).view(-1, *shape))

    def noise(self, place: int, shape: Sequence[int], device: torch.device) -> Tensor:
        """Standard normal numbers, float32, of one trial's shape; each tensor of the inputs has its place."""
        keys = [key(seed, self._step, INPUTS - place) for seed in self._seeds]
        return self._of_trial(normals(keys, torch.Size(shape).numel(), device).view(-1, *shape))

    def _of_trial(self, drawn: Tensor) -> Tensor:
        return drawn[0] if self.rows is None else drawn[self.rows]
