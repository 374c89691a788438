"""Where a method computes with its input, gradients go through it, and are those of what it computed."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from wellfit.regularize.graph.drop_edge.method import DropEdge
from wellfit.regularize.graph.drop_feature.method import DropFeature
from wellfit.regularize.labels.label_smoothing.method import LabelSmoothing
from wellfit.regularize.labels.mixup_cutmix.method import MixCut
from wellfit.regularize.vision.augment.method import Augment
from wellfit.regularize.vision.color_distortion.method import ColorDistortion
from wellfit.regularize.vision.gaussian_noise.method import GaussianNoise
from wellfit.regularize.vision.horizontal_flip.method import HorizontalFlip
from wellfit.regularize.vision.rotation.method import Rotation
from wellfit.regularize.vision.scale_and_crop.method import ScaleAndCrop
from wellfit.regularize.weights.stochastic_depth.method import StochasticDepth

INDEX = torch.arange(3)
GREYISH = (0.25, 0.5)
"""Least value and width of the range: far from the ends, where colours are cut off and have no gradient."""


@pytest.mark.parametrize(
    "method",
    [
        HorizontalFlip(0.5),
        Rotation(20),
        ScaleAndCrop(5),
        ColorDistortion(0.1, 0.1, 0.1, 0.05),
        GaussianNoise(0.1),
        GaussianNoise(0.1, relative=True),
        Augment(flip=0.5, rotate=15, crop=(0.5, 1), color=0.1, noise=0.05),
        StochasticDepth(0.5),
    ],
    ids=lambda method: type(method).__name__,
)
def test_of_images(method: Callable[..., Tensor]) -> None:
    low, width = GREYISH
    images = torch.rand(3, 3, 6, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * width + low
    images.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: method(x, index=INDEX), (images,), fast_mode=True)
    assert torch.allclose(method(images, index=INDEX), method(images.detach(), index=INDEX))


def test_of_mixed_pairs_and_labels() -> None:
    x = torch.rand(3, 2, 5, 5, dtype=torch.float64, requires_grad=True)
    targets = torch.eye(3, dtype=torch.float64).requires_grad_()
    mix, smooth = MixCut(0.5, 1.0), LabelSmoothing(0.2)
    assert torch.autograd.gradcheck(lambda a, b: mix(a, b, index=INDEX), (x, targets), fast_mode=True)
    assert torch.autograd.gradcheck(smooth, (targets,), fast_mode=True)


def test_of_graphs() -> None:
    x = torch.rand(4, 6, dtype=torch.float64, requires_grad=True)
    drop = DropFeature(0.5)
    one = torch.tensor([5])
    assert torch.autograd.gradcheck(lambda f: drop(f, index=one), (x,), fast_mode=True)
    ring = torch.arange(40)
    edges, weights = torch.stack([ring, ring.roll(1)]), torch.rand(40, requires_grad=True)
    _, their = DropEdge(0.5, undirected=False)(edges, weights, index=one)
    their.sum().backward()
    kept = DropEdge(0.5, undirected=False, mode="mask")(edges, index=one)
    assert torch.equal(weights.grad, kept.float())
