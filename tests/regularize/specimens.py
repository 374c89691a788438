"""One specimen of each method: how to make it, and inputs that it changes. One entry for each in the catalogue."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from wellfit.regularize.labels.label_smoothing.method import LabelSmoothing
from wellfit.regularize.labels.mixup_cutmix.method import MixCut
from wellfit.regularize.method import Method
from wellfit.regularize.vision.horizontal_flip.method import HorizontalFlip
from wellfit.regularize.weights.stochastic_depth.method import StochasticDepth


@dataclass(frozen=True)
class Specimen:
    """How to make a method (with strength=, seed=, generator=), and a call of it.

    `inputs` are the positional arguments of the call. Where `batched`, each is a tensor of N samples along its first
    dimension, and the draws of some of them, told by `index`, must be those of the whole batch. `steady` is False
    where even strength 0 does something that is documented.
    """

    make: Callable[..., Method]
    inputs: Callable[[], tuple[Any, ...]]
    batched: bool = True
    steady: bool = True


def pictures() -> tuple[Tensor, ...]:
    return (torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(1)),)


def chances() -> tuple[Tensor, ...]:
    return (torch.eye(4)[torch.tensor([0, 1, 2, 3, 0, 1])],)


SPECIMENS: dict[type[Method], Specimen] = {
    HorizontalFlip: Specimen(HorizontalFlip, pictures),
    StochasticDepth: Specimen(partial(StochasticDepth, 0.5), pictures),
    LabelSmoothing: Specimen(LabelSmoothing, chances, batched=False),  # draws nothing
    MixCut: Specimen(MixCut, lambda: (*pictures(), *chances()), batched=False),  # a sample's partner is in its batch
}
