"""Make a cosine schedule as long as the run."""

from collections.abc import Callable
from typing import Any

from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler

from wellfit.intervene.intervention import Intervention, wrap


class LengthenSchedule(Intervention):
    """The cosine annealing that a line makes ends after `calls` of its `step()`, as if `T_max` had been that."""

    name = "lengthen_schedule"
    options = frozenset({"calls"})

    def install(self) -> None:
        """See schedulers as they are made."""
        wrap((CosineAnnealingLR,), "__init__", self._around)
        wrap((LRScheduler,), "__init__", self._refuse_others)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            original(scheduler, *args, **kwargs)
            if self.sites.is_here(self.cure.place):
                scheduler.T_max = int(self.cure.options["calls"])
                self.applied()

        return make

    def _refuse_others(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            original(scheduler, *args, **kwargs)
            if not isinstance(scheduler, CosineAnnealingLR) and self.sites.is_here(self.cure.place, depth=2):
                self.refuse(f"{type(scheduler).__name__} is no cosine annealing")

        return make
