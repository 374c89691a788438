"""Give an optimizer another learning rate."""

import inspect
from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer

from wellfit.intervene.intervention import Intervention, wrap

DIGITS = 12
"""Significant digits of a multiplied rate: 0.3 and not 0.30000000000000004, as one would type it."""


class SetRate(Intervention):
    """The optimizer that a line makes starts with its rates times `factor`, so that their ratios stay, or with `rate`.

    A schedule made afterwards starts from there. Without either option: the rate that torch gives the optimizer when
    none is named.
    """

    name = "set_rate"
    options = frozenset({"factor", "rate"})

    def install(self) -> None:
        """Change each group as it is added."""
        wrap((Optimizer,), "add_param_group", self._around)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_param_group(optimizer: Optimizer, group: dict[str, Any]) -> None:
            original(optimizer, group)
            if self.sites.is_here(self.cure.place):
                self._change(optimizer, optimizer.param_groups[-1])

        return add_param_group

    def _change(self, optimizer: Optimizer, group: dict[str, Any]) -> None:
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
