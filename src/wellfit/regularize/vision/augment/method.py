"""All operations on images in one pass over a batch."""

from collections.abc import Sequence

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws, drawn
from wellfit.regularize.vision.affine import Size
from wellfit.regularize.vision.augment.audit import Line, audited
from wellfit.regularize.vision.augment.card import AUGMENT
from wellfit.regularize.vision.augment.chunk import carry_out
from wellfit.regularize.vision.augment.op import Op
from wellfit.regularize.vision.augment.plan import Plan, make_plan
from wellfit.regularize.vision.augment.settings import Normalize, Settings, as_amounts
from wellfit.regularize.vision.gaussian_noise.bank import Kind
from wellfit.regularize.vision.geometric import Geometric, Result
from wellfit.regularize.vision.images import COLOUR, GREY, check_colour
from wellfit.regularize.vision.resample import Padding
from wellfit.regularize.vision.scale_and_crop.method import Range
from wellfit.regularize.vision.targets import Several, Targets, move_targets, swap_sides
from wellfit.regularize.vision.warp import as_size


class Augment(Geometric):
    """Flip, turn, scale and crop, recolour and blur by noise, in one pass, by numbers drawn for each image alone.

    Moves are multiplied into one matrix and looked up once; colours are one matrix. What is not asked for is off.
    In evaluation mode, and at strength 0, three things are left, so that training and evaluation see images of one
    kind: uint8 becomes shares of white, images are scaled to the size, and normalised. The result is always floating
    point; float inputs keep their dtype.

    Args:
        size: height and width of the output, or both at once; None for the images' own. Shrinking averages.
        flip: chance to be mirrored left to right, in [0, 1].
        rotate: largest angle in degrees, in [0, 180].
        crop: least and largest area of the window as a share of the image's, in (0, 1]; None for the whole image.
        ratio: least and largest width to height of the window.
        color: (brightness, contrast, saturation, hue, grey), the last ones 0 where left out; or one number for the
            first three and a quarter of it for hue. On grey images brightness and contrast alone are used.
        noise: standard deviation in shares of white, >= 0; added last and not cut off, so that means stay.
        noise_kind: "bank" for stretches of a bank of normal numbers, "fresh" for independent ones: see GaussianNoise.
        normalize: (mean, std) of the channels in shares of white, each of one or C numbers; applied at the end.
        padding: what lies outside the image: "fill", "border" or "reflect".
        fill: the value of "fill", in shares of white, before colours change.
        mask_fill: the same for masks, in their own units.
        flip_order: for each keypoint's place, which one stands there once the image is mirrored.
        extra: operations of your own: see Op.
        check_range: refuse floats outside [0, 1] and NaN; one pass, and on a GPU one wait for each chunk.
        strength: in [0, 1], scales all of them.
        seed: of the draws of samples whose index is given.
        generator: draws for samples without an index.

    Raises:
        ValueError: if an argument lies outside its range.

    Example:
        >>> import torch
        >>> augment = Augment(24, flip=0.5, rotate=15, crop=(0.3, 1), color=(0.4, 0.4, 0.4, 0.1), noise=0.05)
        >>> photos = torch.randint(256, (4, 3, 32, 32), dtype=torch.uint8)
        >>> augment(photos).shape, augment(photos).dtype
        (torch.Size([4, 3, 24, 24]), torch.float32)
        >>> augment.eval()(photos).shape
        torch.Size([4, 3, 24, 24])
    """

    card = AUGMENT

    def __init__(  # noqa: PLR0913
        self,
        size: int | Size | None = None,
        *,
        flip: float = 0.0,
        rotate: float = 0.0,
        crop: Range | None = None,
        ratio: Range = (3 / 4, 4 / 3),
        color: float | tuple[float, ...] = 0.0,
        noise: float = 0.0,
        noise_kind: Kind = "bank",
        normalize: Normalize | None = None,
        padding: Padding = "fill",
        fill: float = 0.0,
        mask_fill: float = 0.0,
        flip_order: Sequence[int] | None = None,
        extra: Sequence[Op] = (),
        check_range: bool = True,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        order = None if flip_order is None else tuple(flip_order)
        self.settings = Settings(
            as_size(size), flip, rotate, crop, ratio, as_amounts(color), noise, noise_kind, normalize,
            padding, fill, mask_fill, order, tuple(extra), check_range,
        )  # fmt: skip
        if not self.settings.any:
            self.say_no_effect("nothing to draw is asked for: give flip, rotate, crop, color, noise or extra")

    @torch.compiler.disable  # type: ignore[untyped-decorator]  # rows are sorted by what they need: no graph holds that
    def forward(
        self,
        images: Tensor,
        *,
        masks: Tensor | None = None,
        boxes: Several | None = None,
        keypoints: Several | None = None,
        index: Tensor | None = None,
    ) -> Result:
        """Augment a batch, and what is given with it.

        Args:
            images: uint8, or floating point in [0, 1]; shape (N, C, H, W).
            masks: any dtype, shape (N, H, W) or (N, C, H, W).
            boxes: float, shape (N, K, 4) or N tensors (K_i, 4): left, top, right, bottom edge in pixels.
            keypoints: float, shape (N, K, 2) or N tensors (K_i, 2): x, y; the centre of the first pixel is (0, 0).
            index: int64, shape (N,), places in the data set: then the draws depend on nothing else.

        Returns:
            The images, floating point, shape (N, C, *size); a pair of images and `Targets` where any were given.

        Raises:
            ValueError: if shapes do not fit together, floats lie outside [0, 1] as normalised images do, or are NaN.
        """
        return super().forward(images, masks=masks, boxes=boxes, keypoints=keypoints, index=index)

    def move(self, images: Tensor, targets: Targets, draws: Draws) -> tuple[Tensor, Targets]:
        """Augment a batch and its targets.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            targets: of the same samples; maybe none.
            draws: of the batch.
        """
        self._check_colours(images)
        return self._carried_out(images, targets, make_plan(self.settings, draws, images, self.strength))

    def rest(self, images: Tensor, targets: Targets) -> tuple[Tensor, Targets]:
        """Scale to the size and normalise: what is the same for all images.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            targets: of the same samples; maybe none.
        """
        draws = drawn(len(images), generator=torch.Generator(), device=images.device)  # not one number is used
        return self._carried_out(images, targets, make_plan(self.settings, draws, images, 0.0))

    def audit(self, target: object = None, *, channels: int = COLOUR) -> tuple[Line, ...]:
        """What to know of each operation that is on: which labels stay true, whether it is seeded and heeds the knob.

        Args:
            target: of a sample or a batch, as the data set gives it: where boxes or masks are in it, operations that
                move images say so.
            channels: of the images.
        """
        return audited(self.settings, channels, target)

    def _check_colours(self, images: Tensor) -> None:
        if not self.settings.color.any:
            return
        check_colour(images)
        if images.shape[1] == GREY and not self.settings.color.shades:
            self.say_no_effect("grey images have no saturation and no hue")

    def _carried_out(self, images: Tensor, targets: Targets, plan: Plan) -> tuple[Tensor, Targets]:
        result = carry_out(images, plan, self.settings)
        if not targets:
            return result, targets
        moved = move_targets(targets, plan.matrices, plan.size, mask_fill=self.settings.mask_fill)
        order = self.settings.flip_order
        return result, moved if order is None else swap_sides(moved, plan.flip, order)
