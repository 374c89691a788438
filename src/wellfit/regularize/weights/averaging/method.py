"""Averages of a model's weights over the steps, on torch's AveragedModel, with buffers that belong to them."""

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Literal, TypeVar, get_args

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, update_bn

from wellfit.regularize.method import NoEffectWarning

Buffers = Literal["copy", "average"]
Model = TypeVar("Model", bound=nn.Module)

_HALVES = (torch.float16, torch.bfloat16)


class Averaged(AveragedModel):
    """The base of both averages: `update_parameters` after each step of the optimizer, `swap` to evaluate.

    Buffers are never stale. They are copied from the model in each update (`copy`), or those of floats are averaged as
    the weights are (`average`); `refresh` estimates those of BatchNorm anew.

    Args:
        model: copied; its weights at the first update start the average.
        buffers: copy or average.
        device: of the average; that of the model where None.

    Raises:
        ValueError: an unknown way for buffers, or a model without parameters.
    """

    def __init__(
        self, model: nn.Module, *, buffers: Buffers = "copy", device: torch.device | int | None = None
    ) -> None:
        if buffers not in get_args(Buffers):
            raise ValueError(f"buffers must be copy or average, got {buffers!r}")
        if not any(True for _ in model.parameters()):
            raise ValueError("model must have parameters, got none")
        super().__init__(model, device=device)
        self.multi_avg_fn = self._blend
        self.buffers_by = buffers
        self._swapped = False

    def weight_of_next(self) -> float:
        """The share that the next model gets in the average, in (0, 1]."""
        raise NotImplementedError

    def _blend(self, averaged: Any, current: Any, _: Tensor | int) -> None:
        torch._foreach_lerp_(list(averaged), list(current), self.weight_of_next())

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Take the model's weights and buffers into the average.

        Args:
            model: the one that is trained, after a step.

        Raises:
            RuntimeError: within `swap`, where the model holds the average.
            ValueError: if it has other weights or buffers than the average.
        """
        if self._swapped:
            raise RuntimeError("update_parameters must not be called within swap: the model holds the average")
        list(self._pairs(model))
        floats = [b for b in self.module.buffers() if b.is_floating_point()]
        before, share = [b.clone() for b in floats], self.weight_of_next()
        super().update_parameters(model)  # copies the buffers
        if self.buffers_by == "average":
            for buffer, old in zip(floats, before, strict=True):
                buffer.copy_(old.lerp(buffer, share))

    @contextmanager
    def swap(self, model: Model) -> Iterator[Model]:
        """Evaluate the model with the averaged weights and buffers; its own come back, also after an exception.

        Args:
            model: the one that is trained; its tensors stay the same objects, so its optimizer goes on.

        Yields:
            The model.

        Raises:
            RuntimeError: within another swap.
            ValueError: if it has other weights or buffers than the average.

        Example:
            >>> from torch import nn
            >>> model = nn.Linear(2, 1)
            >>> average = EMA(model)
            >>> average.update_parameters(model)
            >>> with average.swap(model):
            ...     _ = model.eval()  # measure here
        """
        if self._swapped:
            raise RuntimeError("swap must not be called within swap")
        self._exchange(model)
        self._swapped = True
        try:
            yield model
        finally:
            self._swapped = False
            self._exchange(model)

    @torch.no_grad()
    def _exchange(self, model: nn.Module) -> None:
        for mine, its in list(self._pairs(model)):
            kept = mine.clone()
            mine.copy_(its)
            its.copy_(kept)

    def _pairs(self, model: nn.Module) -> Iterator[tuple[Tensor, Tensor]]:
        mine = list(chain(self.module.parameters(), self.module.buffers()))
        its = list(chain(model.parameters(), model.buffers()))
        if len(mine) != len(its):
            raise ValueError(f"model must have the {len(mine)} weights and buffers of the average, got {len(its)}")
        for one, other in zip(mine, its, strict=True):
            if one.shape != other.shape:
                shapes = f"{tuple(one.shape)}, got {tuple(other.shape)}"
                raise ValueError(f"model must have weights and buffers of the average's shapes: {shapes}")
        return zip(mine, its, strict=True)

    def refresh(self, loader: Iterable[Any], device: torch.device | int | None = None) -> None:
        """Estimate BatchNorm's statistics anew, by a pass of the data through the averaged weights.

        Args:
            loader: batches of training inputs; of a pair or list the first is taken.
            device: to move them to; they stay where they are where None.
        """
        update_bn(loader, self.module, device)


class EMA(Averaged):
    """An exponential moving average of the weights: `average = decay * average + (1 - decay) * weights`.

    Args:
        model: copied.
        decay: in [0, 1); it remembers some 1 / (1 - decay) updates.
        warmup: let the decay of update t be at most (1 + t) / (10 + t), so that the first weights, which know nothing,
            are soon forgotten.
        buffers: copy or average.
        device: of the average; that of the model where None.

    Raises:
        ValueError: decay outside [0, 1), an unknown way for buffers, or a model without parameters.

    Warns:
        NoEffectWarning: the weights are of half precision, in which 1 - decay of a difference is often rounded to 0.
    """

    def __init__(
        self,
        model: nn.Module,
        decay: float = 0.999,
        *,
        warmup: bool = True,
        buffers: Buffers = "copy",
        device: torch.device | int | None = None,
    ) -> None:
        if not 0 <= decay < 1:
            raise ValueError(f"decay must lie in [0, 1), got {decay}")
        super().__init__(model, buffers=buffers, device=device)
        self.decay, self.warmup = decay, warmup
        half = next((p.dtype for p in model.parameters() if p.dtype in _HALVES), None)
        if half is not None:
            text = f"an average of {half} weights stands still where its steps are rounded to 0: keep float32 weights"
            warnings.warn(text, NoEffectWarning, stacklevel=2)

    def weight_of_next(self) -> float:
        """1 - decay, more in the warm-up."""
        t = int(self.n_averaged)
        if t == 0:
            return 1.0
        return 1 - (min(self.decay, (1 + t) / (10 + t)) if self.warmup else self.decay)


class SWA(Averaged):
    """The plain mean of the weights at all updates: call it once an epoch, late in the run, then `refresh`.

    Args:
        model: copied.
        buffers: copy or average.
        device: of the average; that of the model where None.

    Raises:
        ValueError: an unknown way for buffers, or a model without parameters.
    """

    def weight_of_next(self) -> float:
        """One of all."""
        return 1 / (int(self.n_averaged) + 1)
