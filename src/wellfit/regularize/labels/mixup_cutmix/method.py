"""Mixes pairs of samples: two pictures blended, or a box of one in the other, and their labels in the same share."""

import math
from typing import ClassVar, Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

from wellfit.regularize.card import Card
from wellfit.regularize.draws import Draws
from wellfit.regularize.labels.mixup_cutmix.beta import symmetric_beta
from wellfit.regularize.labels.mixup_cutmix.card import CARD
from wellfit.regularize.method import Method

Per = Literal["sample", "batch"]

_ORDER, _MIXES, _CUTS, _PLACE, _MIXUP_SHARE, _CUTMIX_SHARE = 0, 1, 2, 3, 10, 20
"""Streams; a share uses six."""


class MixCut(Method):
    """Mixup and cutmix: each sample gets a partner of its batch, a share of it, and the same share of its label.

    Share, kind and box belong to the sample, so with an index they are the same in every batch; who the partner is
    hangs on who else is there. Use a loss that takes soft targets: `nn.CrossEntropyLoss`, or with several labels per
    sample `nn.BCEWithLogitsLoss`.

    Args:
        mixup: alpha of the Beta that the share is drawn from; 0 is off.
        cutmix: the same for the area of the box; 0 is off. With both on, a fair coin decides.
        per: whether each sample or the whole batch draws share, kind and box.
        classes: C; needed for class numbers.
        strength: chance that a sample (or batch) is mixed at all, in [0, 1].
        seed: of the numbers of samples with an index.
        generator: of those of the others.

    Raises:
        ValueError: an alpha below 0, an unknown per, or a strength outside [0, 1].

    Example:
        >>> import torch
        >>> mix = MixCut(mixup=0.2, cutmix=1.0, classes=10)
        >>> x, targets = mix(torch.rand(8, 3, 16, 16), torch.arange(8))
        >>> targets.shape, targets.sum(1).allclose(torch.ones(8))
        (torch.Size([8, 10]), True)

    Source:
        Zhang et al. 2018, mixup; Yun et al. 2019, CutMix (both recalled). Defaults: torchvision's recipe, issue 3995.
    """

    card: ClassVar[Card] = CARD

    def __init__(  # noqa: PLR0913 - four of its own and the three of every method
        self,
        mixup: float = 0.2,
        cutmix: float = 1.0,
        *,
        per: Per = "sample",
        classes: int | None = None,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        for name, alpha in (("mixup", mixup), ("cutmix", cutmix)):
            if not 0 <= alpha < math.inf:
                raise ValueError(f"{name} must be >= 0 and finite, got {alpha}")
        if per not in get_args(Per):
            raise ValueError(f"per must be sample or batch, got {per!r}")
        self.mixup, self.cutmix, self.per, self.classes = mixup, cutmix, per, classes

    def forward(self, x: Tensor, targets: Tensor, index: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Inputs and targets, mixed.

        Args:
            x: float, shape (N, ...); for cutmix (N, C, L), (N, C, H, W) or (N, C, D, H, W).
            targets: class numbers, int64, shape (N,), or chances, float, shape (N, C).
            index: int64, shape (N,), places in the data set.

        Returns:
            x in its dtype, and chances of shape (N, C); both as they came in evaluation mode. A batch of one sample
            has no pairs and is not mixed, which is warned of; one of none stays one.

        Raises:
            TypeError: x or targets that are no tensors.
            ValueError: x of whole numbers, or without places to cut a box from; targets of another shape, or
                class numbers outside [0, C).
        """
        if not self.acts:
            return x, targets
        _check(x, targets, cutting=self.cutmix > 0)
        soft = self._soft(targets)
        if self.mixup == self.cutmix == 0:
            self.say_no_effect("mixup and cutmix are both 0")
            return x, soft
        if len(x) == 1:
            self.say_no_effect("a batch of one sample has no pairs")
        return (x, soft) if len(x) < 2 else self._mixed(x, soft, self.draws(len(x), x.device, index))  # noqa: PLR2004

    def _mixed(self, x: Tensor, soft: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        partner = _partners(draws)
        own = self._own(x, draws if self.per == "sample" else Draws(draws.keys[:1]))
        kept = own.flatten(1).mean(1)[:, None].to(soft.dtype)
        return torch.lerp(x[partner], x, own.to(x.dtype)), torch.lerp(soft[partner], soft, kept)

    def _own(self, x: Tensor, draws: Draws) -> Tensor:
        """How much of itself each sample keeps at each place: (N or 1, 1, ...), broadcast over x."""
        flat = (-1, *[1] * (x.dim() - 1))
        own = symmetric_beta(draws, _MIXUP_SHARE, self.mixup).reshape(flat) if self.mixup else torch.zeros(())
        if self.cutmix:
            outside = ~_boxes(draws, symmetric_beta(draws, _CUTMIX_SHARE, self.cutmix), x.shape[2:])
            cuts = draws.coins(_CUTS, 0.5 if self.mixup else 1.0).reshape(flat)
            own = torch.where(cuts, outside.float(), own.to(x.device))
        return torch.where(draws.coins(_MIXES, self.strength).reshape(flat), own, 1.0)

    def _soft(self, targets: Tensor) -> Tensor:
        if targets.is_floating_point():
            return targets
        if self.classes is None:
            raise ValueError("classes must be given where targets are class numbers, got None")
        wrong = targets[(targets < 0) | (targets >= self.classes)]
        if len(wrong):
            raise ValueError(f"targets must lie in [0, {self.classes}), got {int(wrong[0])}")
        return F.one_hot(targets.long(), self.classes).float()

    def extra_repr(self) -> str:
        """What `print` shows."""
        return f"mixup={self.mixup}, cutmix={self.cutmix}, per={self.per}, strength={self.strength}"


def _check(x: Tensor, targets: Tensor, *, cutting: bool) -> None:
    for name, value in (("x", x), ("targets", targets)):
        if not isinstance(value, Tensor):
            raise TypeError(f"{name} must be a tensor, got {type(value).__name__}")
    if not x.is_floating_point():
        raise ValueError(f"x must be of floats, which can be mixed, got {x.dtype}")
    if x.dim() < 2:  # noqa: PLR2004
        raise ValueError(f"x must be of shape (N, ...) with something in each sample, got {tuple(x.shape)}")
    if cutting and x.dim() < 3:  # noqa: PLR2004
        raise ValueError(f"x must be of shape (N, C, ...) with places to cut from, got {tuple(x.shape)}: set cutmix=0")
    wanted = 2 if targets.is_floating_point() else 1
    if targets.dim() != wanted or len(targets) != len(x):
        shape = f"({len(x)}, C)" if wanted == 2 else f"({len(x)},)"  # noqa: PLR2004
        raise ValueError(f"targets must be of shape {shape}, got {tuple(targets.shape)}")


def _partners(draws: Draws) -> Tensor:
    """A round through the batch in random order, in which everyone's partner is the next: nobody is their own."""
    order = draws.bits(_ORDER).argsort()
    return torch.empty_like(order).scatter_(0, order, order.roll(1))


def _boxes(draws: Draws, share: Tensor, sizes: torch.Size) -> Tensor:
    """True within a box whose part of the whole is 1 - share before it is cut at the rims: (N, 1, *sizes)."""
    side = (1 - share) ** (1 / len(sizes))
    centres = draws.uniform(_PLACE, len(sizes))
    inside = torch.ones((), dtype=torch.bool, device=share.device)
    for axis, size in enumerate(sizes):
        low = ((centres[:, axis] - side / 2) * size).round()
        high = ((centres[:, axis] + side / 2) * size).round()
        place = torch.arange(size, device=share.device)
        within = (place >= low[:, None]) & (place < high[:, None])  # (N, size)
        inside = inside & within.reshape(-1, 1, *[1] * axis, size, *[1] * (len(sizes) - axis - 1))
    return inside
