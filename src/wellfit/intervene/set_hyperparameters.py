"""Give an optimizer another weight decay, other betas or another momentum."""

from collections.abc import Iterator
from typing import Any

from torch.optim import Optimizer

from wellfit.intervene.made_optimizer import MadeOptimizer


class SetHyperparameters(MadeOptimizer):
    """From its first step on, the optimizer that a line makes has these settings.

    `weight_decay` reaches the groups that decay; all of them where none does. `betas` is a pair; `momentum` is the
    first of it where the optimizer has betas.
    """

    name = "set_hyperparameters"
    options = frozenset({"weight_decay", "betas", "momentum"})

    def install(self) -> None:
        """No optimizer is set yet."""
        super().install()
        self._set: set[int] = set()

    def before_step(self, optimizer: Optimizer) -> None:
        """Set it once; what the program sets later counts."""
        if id(optimizer) in self._set:
            return
        self._set.add(id(optimizer))
        for name, value in self.cure.options.items():
            groups = list(_groups_with(optimizer, name))
            if not groups:
                self.refuse(f"{type(optimizer).__name__} has no {name}")
            for group in groups:
                _set(group, name, value)
                self.applied()


def _groups_with(optimizer: Optimizer, name: str) -> Iterator[dict[str, Any]]:
    """Groups that the setting is for."""
    having = [g for g in optimizer.param_groups if name in g or (name == "momentum" and "betas" in g)]
    decaying = [g for g in having if name == "weight_decay" and g[name]]
    yield from decaying or having


def _set(group: dict[str, Any], name: str, value: Any) -> None:
    if name == "betas":
        group["betas"] = tuple(value)
    elif name == "momentum" and "betas" in group:
        group["betas"] = (value, *group["betas"][1:])
    else:
        group[name] = value
