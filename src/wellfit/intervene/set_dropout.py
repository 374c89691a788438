"""Drop another share of values."""

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import Module
from torch.nn import functional as F
from torch.nn.modules.rnn import RNNBase

from wellfit.intervene.calls import before_calls
from wellfit.intervene.intervention import Intervention, wrap

DROPOUTS = ("dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout")
RATE = 1
"""Position of the rate among the arguments of a dropout."""

ATTENTION_RATE = 4
"""The same for scaled_dot_product_attention."""


class SetDropout(Intervention):
    """Every dropout that drops something drops `rate` of its values: layers, functions, attention, recurrent layers.

    One that the program turned off, by a rate of 0 or by its mode, stays off.
    """

    name = "set_dropout"
    options = frozenset({"rate"})

    def install(self) -> None:
        """Stand before the functions; layers call them, but for the recurrent ones."""
        for name in DROPOUTS:
            wrap((torch, F), name, lambda original: self._around(original, RATE, "p"))
        attention = "scaled_dot_product_attention"
        wrap((F,), attention, lambda original: self._around(original, ATTENTION_RATE, "dropout_p"))
        before_calls(self._before)

    def _around(self, original: Callable[..., Any], position: int, name: str) -> Callable[..., Any]:
        def drop(*args: Any, **kwargs: Any) -> Any:
            if position == RATE and not _is_on(args, kwargs):
                return original(*args, **kwargs)
            if name in kwargs or len(args) <= position:
                given = kwargs.get(name, 0.5 if name == "p" else 0.0)
                return original(*args, **{**kwargs, name: self._rate(given)})
            return original(*args[:position], self._rate(args[position]), *args[position + 1 :], **kwargs)

        return drop

    def _rate(self, given: float) -> float:
        if not given or torch.compiler.is_compiling() or not self.sites.is_here(self.cure.place, depth=2):
            return given
        self.applied()
        return float(self.cure.options["rate"])

    def _before(self, module: Module, _: Any) -> None:
        if not torch.compiler.is_compiling() and isinstance(module, RNNBase) and module.dropout:
            module.dropout = self._rate(module.dropout)


def _is_on(args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a dropout was told that the model trains, or nothing."""
    on = args[RATE + 1] if len(args) > RATE + 1 else kwargs.get("training", kwargs.get("train", True))
    return bool(on)
