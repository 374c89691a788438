"""Where a user's own operation joins: the same resample, the same matrix of colours, the same knob, the same audit."""

from typing import ClassVar

from torch import Tensor

from wellfit.regularize.draws import Draws
from wellfit.regularize.vision.affine import Size


class Op:
    """An operation of one's own. Subclasses set `name` and `labels` and write the hooks that they need.

    All numbers must come from `draws`, and strength 0 must change nothing; `Augment.audit` tries both.

    Example:
        >>> import torch
        >>> class Shear(Op):
        ...     name = "shear"
        ...     labels = "safe"
        ...
        ...     def moves(self, draws, size, strength):
        ...         matrices = torch.eye(2, 3, dtype=torch.float64).repeat(draws.samples, 1, 1)
        ...         matrices[:, 0, 1] = draws.between(0, -0.3 * strength, 0.3 * strength)
        ...         return matrices
    """

    name: ClassVar[str]
    """Tells it apart, and its numbers from those of other operations."""

    labels: ClassVar[str] = "not told"
    """Which labels stay true, in words: "safe", or as in "not where left and right differ"."""

    def moves(self, draws: Draws, size: Size, strength: float) -> Tensor | None:  # noqa: ARG002
        """Matrices that move the images, before scale and crop; None where it moves nothing.

        Masks, boxes and keypoints are moved by them, too.

        Args:
            draws: of N samples, this operation's own.
            size: height and width of the images.
            strength: in [0, 1].

        Returns:
            float64, shape (N, 2, 3), from a point (x, y) of the image to where it is seen, in pixels; or None.
        """
        return None

    def recolours(self, draws: Draws, channels: int, strength: float) -> Tensor | None:  # noqa: ARG002
        """Matrices on the channels, after color distortion; None where it changes no colours.

        Args:
            draws: of N samples, this operation's own.
            channels: C.
            strength: in [0, 1].

        Returns:
            float, shape (N, C, C + 1): a matrix, and what is added, in shares of white; or None.
        """
        return None

    def touches(self, images: Tensor, draws: Draws, strength: float) -> Tensor:  # noqa: ARG002
        """Whatever else is to be done, after colours and before noise.

        Args:
            images: float, shape (n, C, h, w), in [0, 1]; a chunk of the batch.
            draws: of these n samples, this operation's own.
            strength: in [0, 1].

        Returns:
            The same dtype and shape.
        """
        return images
