"""One specimen of each method: how to make it, and inputs that it changes. One entry for each in the catalogue."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from wellfit.regularize.graph.drop_edge.method import DropEdge
from wellfit.regularize.graph.drop_feature.method import DropFeature
from wellfit.regularize.graph.drop_node.method import DropNode
from wellfit.regularize.labels.label_smoothing.method import LabelSmoothing
from wellfit.regularize.labels.mixup_cutmix.method import MixCut
from wellfit.regularize.method import Method
from wellfit.regularize.text.word_dropout.method import WordDropout
from wellfit.regularize.vision.augment.method import Augment
from wellfit.regularize.vision.color_distortion.method import ColorDistortion
from wellfit.regularize.vision.gaussian_noise.method import GaussianNoise
from wellfit.regularize.vision.horizontal_flip.method import HorizontalFlip
from wellfit.regularize.vision.rotation.method import Rotation
from wellfit.regularize.vision.scale_and_crop.method import ScaleAndCrop
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


def token_ids() -> tuple[Tensor, ...]:
    return (torch.randint(2, 30, (6, 12), generator=torch.Generator().manual_seed(1)),)


def edges() -> tuple[Tensor, ...]:
    """A ring of 12 nodes, both directions."""
    ring = torch.arange(12)
    return (torch.cat([torch.stack([ring, ring.roll(1)]), torch.stack([ring.roll(1), ring])], dim=1),)


def graph() -> tuple[SimpleNamespace]:
    """One that has what dropping its nodes writes."""
    return (SimpleNamespace(edge_index=edges()[0], num_nodes=12, kept_nodes=torch.ones(12, dtype=torch.bool)),)


SPECIMENS: dict[type[Method], Specimen] = {
    HorizontalFlip: Specimen(HorizontalFlip, pictures),
    Rotation: Specimen(Rotation, pictures),
    ScaleAndCrop: Specimen(ScaleAndCrop, pictures),
    ColorDistortion: Specimen(ColorDistortion, pictures),
    GaussianNoise: Specimen(GaussianNoise, pictures),
    Augment: Specimen(partial(Augment, flip=0.5, rotate=15, crop=(0.3, 1), color=0.4, noise=0.05), pictures),
    WordDropout: Specimen(partial(WordDropout, 0.5, by="token", mask_id=1), token_ids),
    DropEdge: Specimen(DropEdge, edges, batched=False),  # a graph is one sample
    DropNode: Specimen(DropNode, graph, batched=False),
    DropFeature: Specimen(DropFeature, lambda: (torch.eye(12),), batched=False),
    StochasticDepth: Specimen(partial(StochasticDepth, 0.5), pictures),
    LabelSmoothing: Specimen(LabelSmoothing, chances, batched=False),  # draws nothing
    MixCut: Specimen(MixCut, lambda: (*pictures(), *chances()), batched=False),  # a sample's partner is in its batch
}
