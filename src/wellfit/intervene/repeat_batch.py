"""Train on one batch again and again, to see whether the model can learn it at all."""

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F
from torch.optim.optimizer import register_optimizer_step_post_hook
from torch.utils.data.dataloader import _BaseDataLoaderIter

from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.intervention import Intervention, wrap

LOSSES = (
    "cross_entropy", "nll_loss", "binary_cross_entropy", "binary_cross_entropy_with_logits", "mse_loss", "l1_loss",
    "smooth_l1_loss", "huber_loss",
)  # fmt: skip


class RepeatBatch(Intervention):
    """A loader that is trained from yields its first batch each time.

    Where the program draws its batches without a loader, calls of the model and of the loss functions get what they
    were first given.
    """

    name = "repeat_batch"

    def install(self) -> None:
        """Stand before the batches, the calls and the losses."""
        self._steps = 0
        self._firsts: dict[int, tuple[int, Any]] = {}
        self._by_loader = False
        self._given: dict[int, Any] = {}
        self._targets: dict[str, Any] = {}
        wrap((_BaseDataLoaderIter,), "__next__", self._around_next)
        for name in LOSSES:
            wrap((F,), name, self._around_loss)
        before_calls(self._before)
        register_optimizer_step_post_hook(self._after_step)

    def _after_step(self, *_: Any) -> None:
        self._steps += 1

    def _around_next(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def following(iterator: Any) -> Any:
            batch = original(iterator)  # drawn all the same: the program's random numbers go on as they would
            begun, first = self._firsts.setdefault(id(iterator._dataset), (self._steps, copy.deepcopy(batch)))
            if self.phases.holds or self._steps == begun:
                return batch
            self._by_loader = True
            self.applied()
            return copy.deepcopy(first)

        return following

    def _before(self, module: Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if self._stands_aside() or not module.training or not is_outermost():
            return None
        first = self._given.setdefault(id(module), copy.deepcopy(args)) if _are_plain(args) else args
        if not self._steps or first is args:
            return None
        self.applied()
        return copy.deepcopy(first)

    def _around_loss(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def loss(given: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
            trains = isinstance(given, Tensor) and given.requires_grad and isinstance(target, Tensor)
            if trains and not target.requires_grad and not self._stands_aside():
                first = self._targets.setdefault(original.__name__, target.clone())
                target = first if self._steps and first.shape == target.shape else target
            return original(given, target, *args, **kwargs)

        return loss

    def _stands_aside(self) -> bool:
        idle = self._by_loader or self.phases.holds or not torch.is_grad_enabled()
        return idle or torch.compiler.is_compiling()


def _are_plain(args: tuple[Any, ...]) -> bool:
    return bool(args) and all(not isinstance(a, Tensor) or not a.requires_grad for a in args)
