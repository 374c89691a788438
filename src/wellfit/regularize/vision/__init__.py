"""Regularizers for batches of images: `wellfit.vision` of the front door.

`Augment` does in one pass what the others do to each image; `MixCut` mixes pairs of them and of their labels.
"""

from wellfit.regularize.labels.mixup_cutmix.method import MixCut
from wellfit.regularize.vision.augment.audit import Line
from wellfit.regularize.vision.augment.method import Augment
from wellfit.regularize.vision.augment.op import Op
from wellfit.regularize.vision.color_distortion.method import ColorDistortion, distort_color
from wellfit.regularize.vision.gaussian_noise.method import GaussianNoise, add_gaussian_noise
from wellfit.regularize.vision.horizontal_flip.method import HorizontalFlip, horizontal_flip
from wellfit.regularize.vision.rotation.method import Rotation, rotate
from wellfit.regularize.vision.scale_and_crop.method import ScaleAndCrop, scale_and_crop
from wellfit.regularize.vision.shift_and_noise import shift_and_noise
from wellfit.regularize.vision.targets import Targets

__all__ = [
    "Augment",
    "ColorDistortion",
    "GaussianNoise",
    "HorizontalFlip",
    "Line",
    "MixCut",
    "Op",
    "Rotation",
    "ScaleAndCrop",
    "Targets",
    "add_gaussian_noise",
    "distort_color",
    "horizontal_flip",
    "rotate",
    "scale_and_crop",
    "shift_and_noise",
]
