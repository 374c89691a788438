"""The explicit tuple of all methods on inputs: one import line and one tuple line each."""

from wellfit.regularize.labels.label_smoothing.method import LabelSmoothing
from wellfit.regularize.labels.mixup_cutmix.method import MixCut
from wellfit.regularize.method import Method
from wellfit.regularize.vision.horizontal_flip.method import HorizontalFlip
from wellfit.regularize.weights.stochastic_depth.method import StochasticDepth

METHODS: tuple[type[Method], ...] = (
    HorizontalFlip,
    StochasticDepth,
    LabelSmoothing,
    MixCut,
)
"""In the order of their families: vision, text, graph, weights, labels."""
