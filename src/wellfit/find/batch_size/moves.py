"""What moves when the batch size does: learning rate, accumulation, steps of an epoch, and what must be tuned anew."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

LINEAR, SQUARE_ROOT = "linear", "square root"

RULES = {
    "SGD": LINEAR,
    "ASGD": LINEAR,
    "Adam": SQUARE_ROOT,
    "AdamW": SQUARE_ROOT,
    "NAdam": SQUARE_ROOT,
    "RAdam": SQUARE_ROOT,
    "Adamax": SQUARE_ROOT,
    "SparseAdam": SQUARE_ROOT,
    "RMSprop": SQUARE_ROOT,
    "Adagrad": SQUARE_ROOT,
    "Adafactor": SQUARE_ROOT,
}
"""How the rate follows the size, by torch's optimizer: those that divide by the root of the squared gradients take the
square root, since noise sets the length of the gradient that they divide by."""

RETUNE = (
    "momentum, weight decay, warmup and other regularization were tuned for the old size: tune them anew, or compare "
    "no run of the new size with one of the old"
)


@dataclass(frozen=True)
class Moves:
    """What a run with another batch size is to be set to.

    Attributes:
        size: examples in a batch.
        accumulate: batches of one optimizer step that keep the effective batch where the size had to shrink; else 1.
        effective: examples of an optimizer step, size times accumulate.
        lr_factor: what every group's rate is to be multiplied by; None where no rule is known for the optimizer.
        lr_rule: "linear", "square root", or None.
        steps_per_epoch: optimizer steps; None where the number of examples is unknown.
        remainder: examples of an epoch's last, smaller batch; 0 where all are equal.
        warnings: sentences.
    """

    size: int
    accumulate: int
    effective: int
    lr_factor: float | None
    lr_rule: str | None
    steps_per_epoch: int | None
    remainder: int
    warnings: tuple[str, ...]


def lr_factor(old: int, new: int, rule: str, critical: float | None = None) -> float:
    """By what the learning rate grows with the effective batch size.

    Args:
        old: examples of an optimizer step so far, >= 1.
        new: examples of one from now on, >= 1.
        rule: "linear" or "square root".
        critical: the critical batch size, beyond which a larger batch does not allow a higher rate.

    Raises:
        ValueError: a size is below 1 or the rule is unknown.

    Example:
        >>> lr_factor(32, 128, "linear"), lr_factor(32, 128, "square root"), lr_factor(32, 128, "linear", critical=64)
        (4.0, 2.0, 2.0)

    Source:
        Linear for SGD: Goyal et al. 2017, section 2.1, https://arxiv.org/abs/1706.02677; up to the critical batch:
        McCandlish et al. 2018, equation 2.6, https://arxiv.org/abs/1812.06162, and Shallue et al. 2019,
        https://arxiv.org/abs/1811.03600. Square root for the family of Adam: Malladi et al. 2022, section 4,
        https://arxiv.org/abs/2205.10287; that it stops at the critical batch: Li et al. 2024,
        https://arxiv.org/abs/2405.14578.
    """
    if old < 1 or new < 1:
        raise ValueError(f"batch sizes must be >= 1, got {old} and {new}")
    if rule not in {LINEAR, SQUARE_ROOT}:
        raise ValueError(f"rule must be {LINEAR!r} or {SQUARE_ROOT!r}, got {rule!r}")
    top = max(1.0, critical) if critical is not None else math.inf
    ratio = min(new, top) / min(old, top)
    return ratio if rule == LINEAR else math.sqrt(ratio)


def moves(  # noqa: PLR0913  # all that moves
    old: int,
    new: int,
    *,
    optimizer: str,
    examples: int | None = None,
    accumulate: int = 1,
    critical: float | None = None,
    drop_last: bool = False,
    batch_norm: bool = False,
    keep: bool = True,
) -> Moves:
    """Say what moves with the batch size.

    Args:
        old: batch size so far, >= 1.
        new: batch size from now on, >= 1.
        optimizer: name of its class.
        examples: in an epoch.
        accumulate: batches of an optimizer step so far, >= 1.
        critical: the critical batch size, where it is known.
        drop_last: whether the loader drops an epoch's last, smaller batch.
        batch_norm: whether the model has batch norm that is trained.
        keep: whether a smaller size is accumulated to keep the effective batch, as where memory makes it smaller.

    Raises:
        ValueError: a size or `accumulate` is below 1.

    Example:
        >>> found = moves(256, 64, optimizer="AdamW", examples=1000)
        >>> found.accumulate, found.effective, found.lr_factor, found.steps_per_epoch
        (4, 256, 1.0, 4)
    """
    if min(old, new, accumulate) < 1:
        raise ValueError(f"batch sizes and accumulate must be >= 1, got {old}, {new} and {accumulate}")
    effective_old = old * accumulate
    several = math.ceil(effective_old / new) if keep and new < effective_old else 1
    rule = RULES.get(optimizer)
    factor = None if rule is None else lr_factor(effective_old, new * several, rule, critical)
    remainder = 0 if examples is None or drop_last else examples % new
    batches = None if examples is None else examples // new + bool(remainder)
    steps = None if batches is None else math.ceil(batches / several)
    plain = Moves(new, several, new * several, factor, rule, steps, remainder, ())
    return replace(plain, warnings=tuple(_warnings(plain, effective_old, optimizer, examples, batch_norm=batch_norm)))


def _warnings(
    moved: Moves, effective_old: int, optimizer: str, examples: int | None, *, batch_norm: bool
) -> Iterator[str]:
    size, rest = moved.size, moved.remainder
    if moved.effective != effective_old:
        yield RETUNE
    if moved.lr_rule is None:
        yield f"no rule is known for how the rate of {optimizer} follows the batch size: search it anew"
    if moved.steps_per_epoch == 0:
        yield f"with drop_last and {examples} examples a batch of {size} leaves no batch in an epoch"
    if rest == 1 and batch_norm:
        yield f"{examples} examples in batches of {size} end with 1, on which batch norm fails: drop_last=True"
    elif 0 < rest < size / 2 and rest != examples:
        yield f"an epoch ends with a batch of {rest}, whose examples weigh {size / rest:.3g} times as much as others"
    if batch_norm and moved.accumulate > 1:
        yield f"batch norm takes its statistics from {size} examples, whatever is accumulated"
