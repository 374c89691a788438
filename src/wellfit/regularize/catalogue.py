"""The explicit tuple of all methods on inputs: one import line and one tuple line each."""

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

METHODS: tuple[type[Method], ...] = (
    HorizontalFlip,
    Rotation,
    ScaleAndCrop,
    ColorDistortion,
    GaussianNoise,
    Augment,
    WordDropout,
    DropEdge,
    DropNode,
    DropFeature,
    StochasticDepth,
    LabelSmoothing,
    MixCut,
)
"""In the order of their families: vision, text, graph, weights, labels."""
