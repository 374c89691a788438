"""The loss of a plan: cross-entropy with smoothed labels for classes, squared error for numbers."""

from torch import Tensor
from torch.nn import functional as F


def loss_of(output: Tensor, target: Tensor, *, label_smoothing: float = 0.0, ignore_index: int = -100) -> Tensor:
    """The loss that the target's type asks for.

    Args:
        output: float, shape (N, C) for classes, (N, T, C) for sequences of them, or the target's shape for numbers.
        target: int64, shape (N,) or (N, T): classes; float, shape (N, C) beside an output of the same shape and rows
            that sum to 1: shares of classes, as mixed images have; float otherwise: numbers.
        label_smoothing: share of the label that goes to all classes; not on top of shares.
        ignore_index: class that does not count.

    Returns:
        The mean, a scalar.

    Raises:
        ValueError: the shapes do not belong together.
    """
    if not target.is_floating_point():
        classes = output.reshape(-1, output.shape[-1])
        if output.shape[:-1] != target.shape:
            classes_of = f"output must be of shape {(*target.shape, 'C')} for classes of shape {tuple(target.shape)}"
            raise ValueError(f"{classes_of}, got {tuple(output.shape)}")
        return F.cross_entropy(classes, target.reshape(-1), label_smoothing=label_smoothing, ignore_index=ignore_index)
    if output.dim() == target.dim() + 1 and output.shape[-1] == 1:
        output = output.squeeze(-1)
    if output.shape != target.shape:
        raise ValueError(f"output must be of the target's shape {tuple(target.shape)}, got {tuple(output.shape)}")
    return F.cross_entropy(output, target) if _are_shares(target) else F.mse_loss(output, target)


def _are_shares(target: Tensor) -> bool:
    if target.dim() != 2 or target.shape[1] < 2:  # noqa: PLR2004  # samples by classes
        return False
    return bool((target >= 0).all() and ((target.sum(1) - 1).abs() < 1e-3).all())  # noqa: PLR2004  # rounding of float16
