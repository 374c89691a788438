"""Turn a scheduler that follows a metric round."""

import inspect
from collections.abc import Callable
from typing import Any

from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from wellfit.intervene.intervention import Intervention, wrap


class SetPlateauMode(Intervention):
    """The ReduceLROnPlateau that a line makes gets `mode`: "min" for a metric that shall fall, "max" for another."""

    name = "set_plateau_mode"
    options = frozenset({"mode"})

    def install(self) -> None:
        """Stand around the construction."""
        wrap((ReduceLROnPlateau,), "__init__", self._around)
        wrap((LRScheduler,), "__init__", self._refuse_others)

    def _around(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            given = inspect.signature(original).bind(scheduler, *args, **kwargs)
            if self.sites.is_here(self.cure.place):
                given.arguments["mode"] = str(self.cure.options["mode"])
                self.applied()
            original(*given.args, **given.kwargs)

        return make

    def _refuse_others(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            original(scheduler, *args, **kwargs)
            if self.sites.is_here(self.cure.place, depth=2):
                self.refuse(f"{type(scheduler).__name__} follows no metric")

        return make
