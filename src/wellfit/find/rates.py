"""The learning rates of all parameter groups of all optimizers, moved together: their ratios stay."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor
from torch.optim import Optimizer


class Rates:
    """What one multiplier acts on.

    Args:
        optimizers: at least one, each with groups that have an `lr`.
        peaks: whether a scheduler is at work, so that a group's `initial_lr` is what was asked for and `lr` only
            where its schedule stands now.
    """

    def __init__(self, optimizers: Sequence[Optimizer], *, peaks: bool) -> None:
        self.groups = [group for optimizer in optimizers for group in optimizer.param_groups]
        self.bases = tuple(
            float(group.get("initial_lr", group["lr"]) if peaks else group["lr"]) for group in self.groups
        )

    @property
    def largest(self) -> float:
        """The highest of the rates as they were asked for, by which the sweep knows where it is."""
        return max(self.bases)

    def at(self, multiplier: float) -> tuple[float, ...]:
        """Each group's rate."""
        return tuple(base * multiplier for base in self.bases)

    def set(self, multiplier: float) -> None:
        """Set each group's rate."""
        for group, rate in zip(self.groups, self.at(multiplier), strict=True):
            set_rate(group, rate)


def set_rate(group: dict[str, Any], rate: float, name: str = "lr") -> None:
    """Write a rate; into the tensor where the group has one, since a compiled or captured step reads that very one."""
    if isinstance(group[name], Tensor):
        group[name].fill_(rate)
    else:
        group[name] = rate
