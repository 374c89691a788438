"""What the methods that move images share: their masks, boxes and keypoints move with them."""

from abc import abstractmethod

from torch import Tensor

from wellfit.regularize.draws import Draws
from wellfit.regularize.method import Method
from wellfit.regularize.vision.affine import Size
from wellfit.regularize.vision.images import check_images
from wellfit.regularize.vision.targets import Several, Targets, check_targets, unmoved

Result = Tensor | tuple[Tensor, Targets]
"""Images alone, or with what belongs to them where that was given."""


class Geometric(Method):
    """The base of methods that move images. Subclasses write `move`."""

    @abstractmethod
    def move(self, images: Tensor, targets: Targets, draws: Draws) -> tuple[Tensor, Targets]:
        """Move a batch and its targets by numbers drawn for its samples.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            targets: of the same samples; maybe none.
            draws: of the batch.
        """

    def rest(self, images: Tensor, targets: Targets) -> tuple[Tensor, Targets]:
        """What happens when the method is off: nothing.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            targets: of the same samples; maybe none.
        """
        size: Size = (images.shape[2], images.shape[3])
        return images, unmoved(targets, size) if targets else targets

    def forward(
        self,
        images: Tensor,
        *,
        masks: Tensor | None = None,
        boxes: Several | None = None,
        keypoints: Several | None = None,
        index: Tensor | None = None,
    ) -> Result:
        """Move images, and what is given with them.

        Args:
            images: uint8 or floating point, shape (N, C, H, W).
            masks: any dtype, shape (N, H, W) or (N, C, H, W).
            boxes: float, shape (N, K, 4) or N tensors (K_i, 4): left, top, right, bottom edge in pixels.
            keypoints: float, shape (N, K, 2) or N tensors (K_i, 2): x, y; the centre of the first pixel is (0, 0).
            index: int64, shape (N,), places in the data set: then the draws depend on nothing else.

        Returns:
            The images, of their dtype and device; a pair of images and `Targets` where any were given.

        Raises:
            ValueError: if shapes do not fit together.
        """
        check_images(images)
        targets = Targets(masks, boxes, keypoints)
        check_targets(targets, images.shape[0], (images.shape[2], images.shape[3]))
        if self.acts:
            result = self.move(images, targets, self.draws(images.shape[0], images.device, index))
        else:
            result = self.rest(images, targets)
        return result if targets else result[0]
