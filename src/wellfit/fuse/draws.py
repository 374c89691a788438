"""The random numbers of one training step, for all its trials: those of one seed share them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from wellfit.fuse.keyed import key, normals, uniforms

INPUTS = -1
"""Place of the noise on inputs; dropouts have places 0, 1, 2 ... in the order in which a forward calls them."""


AHEAD = 16
"""Steps whose numbers are made at once: for few numbers that takes as long as for one step."""

MOST_AHEAD = 16_384
"""Numbers of one step beyond which nothing is saved."""

Held = dict[int, tuple[object, Tensor]]
"""By place: which numbers these are, and the numbers themselves, shape (AHEAD, S, count)."""


class Draws:
    """Numbers for one step.

    Args:
        seeds: S seeds, each once.
        step: >= 0.
        rows: which seed each trial has, int64, shape () in a trial of its own or under vmap, (K,) outside; None where
            there is one seed.
        held: where numbers for further steps are kept; None where each step makes its own, as within vmap, which must
            leave no tensor behind.
    """

    def __init__(self, seeds: Sequence[int], step: int, rows: Tensor | None, held: Held | None = None) -> None:
        self._seeds, self._step, self.rows, self._held = seeds, step, rows, held

    def uniform(self, place: int, shape: Sequence[int], device: torch.device) -> Tensor:
        """Numbers in [0, 1), float32, of one trial's shape.

        Args:
            place: >= 0.
            shape: of one trial's tensor.
            device: where they are needed.
        """
        count = torch.Size(shape).numel()
        if self._held is not None and count * len(self._seeds) <= MOST_AHEAD:
            drawn = self._ahead(self._held, place, count, device)
        else:
            drawn = uniforms([key(seed, self._step, place) for seed in self._seeds], count, device)
        return self._of_trial(drawn.view(-1, *shape))

    def _ahead(self, held: Held, place: int, count: int, device: torch.device) -> Tensor:
        block, at = divmod(self._step, AHEAD)
        wanted = (block, tuple(self._seeds), count, device)
        if held.get(place, (None,))[0] != wanted:
            steps = range(block * AHEAD, (block + 1) * AHEAD)
            keys = [key(seed, step, place) for step in steps for seed in self._seeds]
            held[place] = wanted, uniforms(keys, count, device).view(AHEAD, len(self._seeds), count)
        return held[place][1][at]

    def noise(self, place: int, shape: Sequence[int], device: torch.device) -> Tensor:
        """Standard normal numbers, float32, of one trial's shape; each tensor of the inputs has its place."""
        keys = [key(seed, self._step, INPUTS - place) for seed in self._seeds]
        return self._of_trial(normals(keys, torch.Size(shape).numel(), device).view(-1, *shape))

    def _of_trial(self, drawn: Tensor) -> Tensor:
        return drawn[0] if self.rows is None else drawn[self.rows]
