"""Give an optimizer another learning-rate schedule."""

import math
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import CyclicLR, OneCycleLR
from torch.optim.optimizer import register_optimizer_step_pre_hook

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.intervene.schedules import Schedules


class ReplaceSchedule(Intervention):
    """The scheduler that a line makes loses its effect; the rates follow a `shape` of so many `steps`.

    Shapes are "constant", "linear" and "cosine", from the optimizer's own rates down to 0, after a linear rise over
    `warmup` steps. Without a line all schedulers are replaced, and optimizers without one follow the shape as well.
    Momenta stay as the optimizer was made with where the scheduler would move them along.
    """

    name = "replace_schedule"
    options = frozenset({"shape", "steps", "warmup"})

    def install(self) -> None:
        """Take the schedulers over, and set the rates before each step."""
        self._starts: dict[int, list[float]] = {}
        self._counts: dict[int, int] = {}
        self._momenta: dict[int, list[dict[str, Any]]] = {}
        wrap((OneCycleLR, CyclicLR), "__init__", self._noting_momenta)
        Schedules(lambda: self.sites.is_here(self.cure.place, depth=2), self._take, self.applied).install()
        register_optimizer_step_pre_hook(self._before_step)

    def _noting_momenta(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """What these constructors put their own first values in the place of."""

        def make(scheduler: Any, optimizer: Any, *args: Any, **kwargs: Any) -> None:
            groups = getattr(optimizer, "param_groups", ())
            self._momenta[id(optimizer)] = [{k: g[k] for k in ("momentum", "betas") if k in g} for g in groups]
            original(scheduler, optimizer, *args, **kwargs)

        return make

    def _take(self, scheduler: Any) -> None:
        optimizer = getattr(scheduler, "optimizer", None)
        if isinstance(optimizer, Optimizer):
            for group, momenta in zip(optimizer.param_groups, self._momenta.get(id(optimizer), ()), strict=False):
                group.update(momenta)
            self._begin(optimizer)

    def _begin(self, optimizer: Optimizer) -> None:
        rates = [_start_rate(group) for group in optimizer.param_groups]
        if any(rate is None for rate in rates):
            self.refuse("the learning rate is kept in a tensor")
            return
        self._starts[id(optimizer)] = [rate for rate in rates if rate is not None]
        self.applied()

    def _before_step(self, optimizer: Optimizer, *_: Any) -> None:
        if self.cure.place is None and id(optimizer) not in self._starts and self.refusal is None:
            self._begin(optimizer)
        count = self._counts[id(optimizer)] = self._counts.get(id(optimizer), -1) + 1
        starts = self._starts.get(id(optimizer), [])
        factor = self._factor(count)
        for group, start in zip(optimizer.param_groups, starts, strict=False):
            group["lr"] = start * factor

    def _factor(self, step: int) -> float:
        """What the rate is multiplied by at a step, the first being 0."""
        options = self.cure.options
        warmup = int(options.get("warmup", 0))
        if step < warmup:
            return (step + 1) / warmup
        shape, steps = options.get("shape", "constant"), int(options.get("steps", 0))
        if shape == "constant" or steps <= warmup:
            return 1.0
        done = min(1.0, (step - warmup) / (steps - warmup))
        return 1 - done if shape == "linear" else (1 + math.cos(math.pi * done)) / 2


def _start_rate(group: dict[str, Any]) -> float | None:
    """The rate that the optimizer was made with; of a one-cycle schedule its peak."""
    rate = group.get("max_lr", group.get("initial_lr", group.get("lr")))
    return None if isinstance(rate, Tensor) or rate is None else float(rate)
