"""Carry a plan out: piece by piece, each pixel looked up once, each value finished while it is in the cache."""

from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.regularize.draws import Draws
from wellfit.regularize.vision.affine import inverse
from wellfit.regularize.vision.augment.plan import Plan
from wellfit.regularize.vision.augment.settings import Normalize, Settings, channel_numbers
from wellfit.regularize.vision.color_distortion.matrix import Recolouring, recolour
from wellfit.regularize.vision.gaussian_noise.bank import Noise, noise_for
from wellfit.regularize.vision.images import check_range, white, working
from wellfit.regularize.vision.resample import Layout, Piece, Rows, lay_out
from wellfit.regularize.vision.warp import put_together


@dataclass(frozen=True, slots=True)
class Work:
    """A plan made ready: all that is small was computed for the whole batch, in the layout's order.

    Args:
        images: of the batch, in its own order.
        settings: of the pipeline.
        plan: of the batch.
        layout: in which order, and where to look.
        draws: in that order.
        recolourings: of each piece, of the dtype that is computed with; or None.
        noise: in that order; or None.
        normalize: mean and 1 / standard deviation, each of shape (C, 1, 1) and of that dtype; or None.
    """

    images: Tensor
    settings: Settings
    plan: Plan
    layout: Layout
    draws: Draws
    recolourings: list[Recolouring] | None
    noise: Noise | None
    normalize: tuple[Tensor, Tensor] | None

    def done(self, number: int, out: Tensor | None = None) -> Tensor:
        """One piece, from the first look to normalising.

        Args:
            number: of the piece in the layout.
            out: a contiguous tensor of the dtype that is computed with, which may take the result.
        """
        piece = self.layout.pieces[number]
        values = self._coloured(self._seen(piece), number, out)
        values = self._touched(values, piece)
        return self._normalised(self._noisy(values, piece))

    def _seen(self, piece: Piece) -> Tensor:
        values = working(self.images[piece.rows])
        if self.settings.check_range and self.images.is_floating_point():
            check_range(values)
        if self.plan.still:
            return values
        fill = self.settings.fill * white(self.images)
        seen = piece.look_up(values - fill if fill else values)
        return seen + fill if fill else seen

    def _coloured(self, values: Tensor, number: int, out: Tensor | None) -> Tensor:
        """In shares of white, and never the images themselves; the matrix divides by 255 on the way."""
        if self.recolourings is None:
            return values / white(self.images)
        return recolour(values, self.recolourings[number], out=out).clamp_(0, 1)

    def _touched(self, values: Tensor, piece: Piece) -> Tensor:
        for op in self.settings.extra if self.plan.strength else ():
            draws = self.draws.of(slice(piece.start, piece.stop)).named(op.name)
            values = op.touches(values, draws, self.plan.strength)
        return values

    def _noisy(self, values: Tensor, piece: Piece) -> Tensor:
        if self.noise is None:
            return values
        std = self.settings.noise * self.plan.strength
        if values.requires_grad:
            noise = torch.zeros_like(values, memory_format=torch.contiguous_format)
            self.noise.add(noise, piece.start, std)
            return values + noise
        values = values.contiguous()
        self.noise.add(values, piece.start, std)
        return values

    def _normalised(self, values: Tensor) -> Tensor:
        if self.normalize is None:
            return values
        mean, scale = self.normalize
        return values.sub_(mean).mul_(scale)


def make_ready(images: Tensor, plan: Plan, settings: Settings) -> Work:
    """Compute all that is small, once for the batch.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).
        plan: drawn for them.
        settings: of the pipeline.
    """
    layout = lay_out(inverse(plan.matrices), plan.size, images, settings.padding)
    dtype = torch.float64 if images.dtype == torch.float64 else torch.float32
    draws = plan.draws.of(layout.order)
    how = plan.recolouring and plan.recolouring.of(layout.order).of_values(dtype, white(images))
    hows = how.split([piece.stop - piece.start for piece in layout.pieces]) if how else None
    noise = None
    if settings.noise * plan.strength:
        values = images.shape[1] * plan.size[0] * plan.size[1]
        noise = noise_for(settings.kind, draws, values, plan.noise[layout.order])
    normalize = settings.normalize and _of_channels(settings.normalize, images, dtype)
    return Work(images, settings, plan, layout, draws, hows, noise, normalize)


def _of_channels(normalize: Normalize, images: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    mean, std = (channel_numbers(one, images)[:, None, None] for one in normalize)
    return mean.to(dtype), (1 / std).to(dtype)


def carry_out(images: Tensor, plan: Plan, settings: Settings) -> Tensor:
    """The augmented batch.

    Args:
        images: uint8 or floating point, shape (N, C, H, W).
        plan: drawn for them.
        settings: of the pipeline.

    Returns:
        Floating point (uint8 becomes float32), shape (N, C, *plan.size).
    """
    work = make_ready(images, plan, settings)
    dtype = images.dtype if images.is_floating_point() else torch.float32
    if images.requires_grad and torch.is_grad_enabled() and len(images):
        done = [work.done(number) for number in range(len(work.layout.pieces))]
        return put_together(done, work.layout.order).to(dtype)
    whole = torch.empty(len(images), images.shape[1], *plan.size, dtype=dtype, device=images.device)
    for number, piece in enumerate(work.layout.pieces):
        _write(work, number, piece.rows, whole)
    return whole


def _write(work: Work, number: int, rows: Rows, whole: Tensor) -> None:
    """Where it can, the last pass of a piece writes into the batch itself."""
    direct = isinstance(rows, slice) and whole.dtype in {torch.float32, torch.float64}
    target = whole[rows] if direct else None
    values = work.done(number, target)
    if target is None or values.data_ptr() != target.data_ptr():
        whole[rows] = values.to(whole.dtype)
