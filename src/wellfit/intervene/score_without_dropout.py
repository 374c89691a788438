"""Score an evaluation in which a dropout goes on dropping without that dropout as well."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F

from wellfit.intervene.both_ways import BothWays
from wellfit.intervene.intervention import wrap
from wellfit.observe.side_run import DROPOUTS, evaluation_mode

ATTENTION = "scaled_dot_product_attention"
RATE = 4
"""Position of an attention's rate among its arguments."""


class ScoreWithoutDropout(BothWays):
    """A model in evaluation mode is asked once more with the dropout of the line asleep."""

    name = "score_without_dropout"

    def install(self) -> None:
        """Stand before the dropouts as well."""
        super().install()
        self._asleep = False
        for name in DROPOUTS:
            wrap((torch, F), name, self._around_dropout)

    def is_evaluation(self, module: Module) -> bool:
        """Any call in evaluation mode without gradients."""
        return not torch.is_grad_enabled() and not module.training and next(module.parameters(), None) is not None

    @contextmanager
    def as_is(self, module: Module) -> Iterator[None]:
        """In evaluation mode, with the dropout awake."""
        with evaluation_mode(module):
            yield

    @contextmanager
    def cured(self, module: Module) -> Iterator[None]:
        """In evaluation mode, with the dropout asleep."""
        self._asleep = True
        try:
            with evaluation_mode(module):
                yield
        finally:
            self._asleep = False

    def held_is_cured(self) -> bool:
        """Held still, it drops as it does in every evaluation."""
        return False

    def _around_dropout(self, original: Callable[..., Any]) -> Callable[..., Any]:
        attention = original.__name__ == ATTENTION

        def drop(*args: Any, **kwargs: Any) -> Any:
            given = args[0] if args else kwargs.get("input")
            if not self._asleep or not self.sites.is_here(self.cure.place):
                return original(*args, **kwargs)
            if attention:
                return original(*args[:RATE], **{**_named(args), **kwargs, "dropout_p": 0.0})
            return given if isinstance(given, Tensor) else original(*args, **kwargs)

        return drop


def _named(args: tuple[Any, ...]) -> dict[str, Any]:
    """An attention's later arguments by name."""
    return dict(zip(("is_causal",), args[RATE + 1 :], strict=False))
