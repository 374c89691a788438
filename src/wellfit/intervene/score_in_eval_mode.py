"""Score an evaluation that a line makes in training mode in evaluation mode as well."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch.nn import Module

from wellfit.intervene.both_ways import BothWays
from wellfit.observe.side_run import evaluation_mode


class ScoreInEvalMode(BothWays):
    """What the line calls without gradients, in training mode, is asked in evaluation mode as well."""

    name = "score_in_eval_mode"

    def is_evaluation(self, module: Module) -> bool:
        """The line calls it in training mode."""
        return not torch.is_grad_enabled() and module.training and self.sites.is_here(self.cure.place, depth=2)

    @contextmanager
    def as_is(self, module: Module) -> Iterator[None]:
        """All of it in training mode."""
        flags = [(layer, layer.training) for layer in module.modules()]
        try:
            for layer, _ in flags:
                layer.training = True
            yield
        finally:
            for layer, flag in flags:
                layer.training = flag

    @contextmanager
    def cured(self, module: Module) -> Iterator[None]:
        """All of it in evaluation mode."""
        with evaluation_mode(module):
            yield

    def held_is_cured(self) -> bool:
        """Held still, it answers in evaluation mode."""
        return True
