"""Give two tensors one shape before one line pairs each sample of the one with all of the other."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.intervene.intervention import Intervention, wrap

LOSSES = ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "kl_div", "binary_cross_entropy_with_logits")
METHODS = (
    "__sub__", "__rsub__", "__mul__", "__rmul__", "__add__", "__radd__", "__truediv__", "__rtruediv__", "sub", "mul",
    "add", "div", "__pow__",
)  # fmt: skip


class AlignShapes(Intervention):
    """Of (N, 1) and (N,), the first is squeezed to the second, as `squeeze(-1)` in the program would."""

    name = "align_shapes"
    changes_loss = True

    def install(self) -> None:
        """Stand before the functions and operators that broadcast."""
        for name in LOSSES:
            wrap((F,), name, self._around)
        for name in METHODS:
            wrap((torch.Tensor,), name, self._around)
            if not name.startswith("_"):
                wrap((torch,), name, self._around)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if not torch.compiler.is_compiling() and self._are_crossed(args) and self.sites.is_here(self.cure.place):
                self.applied()
                args = (*_aligned(args[0], args[1]), *args[2:])
            return original(*args, **kwargs)

        return call

    @staticmethod
    def _are_crossed(args: tuple[Any, ...]) -> bool:
        if len(args) < 2 or not isinstance(args[0], Tensor) or not isinstance(args[1], Tensor):  # noqa: PLR2004 - a pair
            return False
        one, other = args[0], args[1]
        long, short = (one, other) if one.dim() > other.dim() else (other, one)
        return long.dim() == short.dim() + 1 and long.shape[-1] == 1 and long.shape[:-1] == short.shape


def _aligned(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    if one.dim() > other.dim():
        return one.squeeze(-1), other
    return one, other.squeeze(-1)
