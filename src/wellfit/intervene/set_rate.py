"""Give an optimizer another learning rate."""

import inspect
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from wellfit.intervene.made_optimizer import MadeOptimizer

DIGITS = 12
"""Significant digits of a multiplied rate: 0.3 and not 0.30000000000000004, as one would type it."""


class SetRate(MadeOptimizer):
    """The optimizer that a line makes starts with its rates times `factor`, so that their ratios stay, or with `rate`.

    A schedule made afterwards starts from there. Without either option: the rate that torch gives the optimizer when
    none is named.
    """

    name = "set_rate"
    options = frozenset({"factor", "rate"})

    def made(self, optimizer: Optimizer, group: dict[str, Any]) -> None:
        """Change the group."""
        if isinstance(group["lr"], Tensor):
            self.refuse("the learning rate is kept in a tensor")
            return
        rate = self._rate(optimizer, group["lr"])
        if rate is None:
            self.refuse(f"{type(optimizer).__name__} has no learning rate of its own to fall back on")
            return
        group["lr"] = rate
        self.applied()

    def _rate(self, optimizer: Optimizer, old: Any) -> float | None:
        options = self.cure.options
        if "factor" in options:
            return float(f"{float(old) * options['factor']:.{DIGITS}g}")
        if "rate" in options:
            return float(options["rate"])
        default = inspect.signature(type(optimizer).__init__).parameters.get("lr")
        return float(default.default) if default is not None and isinstance(default.default, (int, float)) else None
