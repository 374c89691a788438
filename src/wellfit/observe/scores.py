"""Scores what reaches a loss function, by the proper loss of its task, whatever was done to it on the way.

A model that applies softmax before cross_entropy hands over probabilities; the cured one hands over scores. Both are
read as what they say about the classes, so that the two can be compared. An answer that is no number is wrong.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from wellfit.model.score import Score, Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_ELEMENTS = 1 << 22
"""Elements of one call's answers that are read; of a larger tensor, its first rows."""

UNIT_TOLERANCE = 2e-2
"""How far from 1 a row of probabilities may sum: covers low precision."""

FEWEST_PROBABILITIES = 8
"""Values that all lie in [0, 1] before they are taken for probabilities, where scores were expected."""

SMALLEST = 1e-12
"""Probabilities below are taken for this: the loss of a certain and wrong answer stays finite, 27.6 nats."""

CLASS_LOSSES = frozenset({"cross_entropy", "nll_loss"})
BINARY_LOSSES = frozenset({"binary_cross_entropy", "binary_cross_entropy_with_logits", "soft_margin_loss"})
REGRESSION_LOSSES = frozenset({"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"})


def score_call(
    function: str, given: Tensor, target: Tensor, options: dict[str, Any], *, positions: bool
) -> Score | None:
    """Score the answers and targets of one call of a loss function.

    Args:
        function: its public name in `torch.nn.functional`.
        given: what it was handed as input.
        target: as it was handed over.
        options: the remaining arguments; `ignore_index` counts.
        positions: several answers a sample, as of a language model.

    Returns:
        None where the function is of another kind, the shapes do not fit, or the device holds no values.
    """
    if given.device.type == "meta" or given.is_complex() or not given.numel():
        return None
    if function in CLASS_LOSSES:
        return score_classes(given, target, ignore=options.get("ignore_index", -100), positions=positions)
    if function == "kl_div" and given.dim() > 1:
        return score_classes(given, target.exp() if options.get("log_target") else target, positions=positions)
    if function in BINARY_LOSSES:
        return score_yes_or_no(given, target)
    if function in REGRESSION_LOSSES:
        return score_numbers(given, target)
    return None


def score_own_loss(value: float) -> Score:
    """The script's own loss, as one answer."""
    return Score("loss", 1, value, value * value)


def score_classes(given: Tensor, target: Tensor, *, ignore: Any = -100, positions: bool) -> Score | None:
    """Scores, probabilities or log-probabilities of classes against class numbers or shares.

    Args:
        given: float, shape (N, C), (N, C, ...) or (C,).
        target: integers of shape (N, ...), or float of the shape of `given`.
        ignore: class number that is left out.
        positions: several answers a sample.
    """
    if given.dim() == 1:
        given, target = given[None], target[None]
    rows = _read_rows(given)
    if target.is_floating_point():
        if target.shape != given.shape:
            return None
        shares = _read_rows(target)
        right = shares.argmax(axis=1)
        losses = -(shares * _log_shares(rows)).sum(axis=1)
    else:
        if target.numel() * given.shape[1] != given.numel():
            return None
        right = target.detach().reshape(-1)[: len(rows)].cpu().numpy()
        kept = (right != ignore) & (right >= 0) & (right < given.shape[1])
        rows, right = rows[kept], right[kept]
        losses = -_log_shares(rows)[np.arange(len(rows)), right]
    hits = (rows.argmax(axis=1) == right) & ~np.isnan(rows).any(axis=1)
    return _pooled("tokens" if positions else "classification", losses, int(hits.sum()))


def score_yes_or_no(given: Tensor, target: Tensor) -> Score | None:
    """Scores or probabilities of yes against shares of yes, each element an answer of its own.

    Args:
        given: float, any shape; probabilities where all of it lies in [0, 1].
        target: of as many elements, in [0, 1]; or -1 and 1.
    """
    if given.numel() != target.numel():
        return None
    answers, wanted = _read(given).reshape(-1), _read(target).reshape(-1)
    if len(wanted) and wanted.min() < 0:
        wanted = (wanted + 1) / 2
    if not (len(answers) >= FEWEST_PROBABILITIES and answers.min() >= 0 and answers.max() <= 1):
        answers = 1 / (1 + np.exp(-np.clip(answers, -500, 500)))
    sure = np.clip(answers, SMALLEST, 1 - SMALLEST)
    losses = -(wanted * np.log(sure) + (1 - wanted) * np.log1p(-sure))
    hits = ((answers > 0.5) == (wanted > 0.5)) & ~np.isnan(answers)  # noqa: PLR2004 - the middle
    return _pooled("binary", losses, int(hits.sum()))


def score_numbers(given: Tensor, target: Tensor) -> Score | None:
    """Predicted numbers against true ones, element by element, whatever dimensions of size one they carry.

    Args:
        given: float, any shape.
        target: of as many elements.
    """
    if given.numel() != target.numel():
        return None
    wanted = _read(target).reshape(-1)
    losses = (_read(given).reshape(-1) - wanted) ** 2
    return Score(
        "regression",
        len(losses),
        float(losses.sum()),
        float((losses**2).sum()),
        target=float(wanted.sum()),
        target_squares=float((wanted**2).sum()),
    )


def _pooled(task: Task, losses: "NDArray[np.float64]", correct: int) -> Score | None:
    return Score(task, len(losses), float(losses.sum()), float((losses**2).sum()), correct) if len(losses) else None


def _read_rows(tensor: Tensor) -> "NDArray[np.float64]":
    """Shape (rows, classes)."""
    return _read(tensor.detach().movedim(1, -1).reshape(-1, tensor.shape[1]))


def _read(tensor: Tensor) -> "NDArray[np.float64]":
    """The first rows of a tensor on the host."""
    whole = tensor.detach()
    if whole.dim() and whole.numel() > MOST_ELEMENTS:
        whole = whole[: max(1, MOST_ELEMENTS * len(whole) // whole.numel())]
    data: NDArray[np.float64] = whole.to("cpu", torch.float64).numpy()
    return data


def _log_shares(rows: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Log-probabilities of rows that hold scores, probabilities or their logarithms already."""
    if not rows.size:
        return rows
    sums_to_one = np.abs(rows.sum(axis=1) - 1) <= UNIT_TOLERANCE
    if rows.shape[1] > 1 and bool(np.all(sums_to_one & (rows.min(axis=1) >= 0) & (rows.max(axis=1) <= 1))):
        rows = np.log(np.clip(rows, SMALLEST, None))  # their own log-softmax, up to rounding
    high = rows.max(axis=1, keepdims=True)
    shares: NDArray[np.float64] = rows - high - np.log(np.exp(rows - high).sum(axis=1, keepdims=True))
    return shares
