"""Let schedules of a whole run come to their end in a shorter one."""

import weakref
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.optim.optimizer import register_optimizer_step_post_hook

from wellfit.intervene.intervention import Intervention
from wellfit.intervene.schedules import Schedules


class CompressSchedule(Intervention):
    """Each scheduler that the program makes is stepped `calls` times over `steps` steps of its optimizer, evenly.

    The program's own steps of it have no effect. Schedulers that others are composed of are left to these.
    """

    name = "compress_schedule"
    options = frozenset({"calls", "steps"})

    def install(self) -> None:
        """Take the schedulers over; follow the steps."""
        self._counts: dict[int, int] = {}
        self._taken: list[weakref.ref[Any]] = []
        self._schedules = Schedules(lambda: self.sites.is_here(self.cure.place, depth=2), self._take, self.applied)
        self._schedules.install()
        register_optimizer_step_post_hook(self._after_step)

    def _take(self, scheduler: Any) -> None:
        if isinstance(scheduler, ReduceLROnPlateau):
            self.refuse("ReduceLROnPlateau is stepped with a metric, which the program alone knows")
            return
        parts = [id(part) for part in getattr(scheduler, "_schedulers", ())]
        self._taken = [known for known in self._taken if id(known()) not in parts]
        self._taken.append(weakref.ref(scheduler))

    def _after_step(self, optimizer: Optimizer, *_: Any) -> None:
        mine = [s for reference in self._taken if (s := reference()) is not None and s.optimizer is optimizer]
        if not mine:
            return
        count = self._counts[id(optimizer)] = self._counts.get(id(optimizer), 0) + 1
        calls = self._due(count) - self._due(count - 1)
        for scheduler in [s for _turn in range(calls) for s in mine]:
            self._schedules.drive(scheduler)
            self.applied()

    def _due(self, count: int) -> int:
        """Calls that are due after so many steps."""
        return int(count * self.cure.options["calls"] / self.cure.options["steps"] + ROUNDING)


ROUNDING = 1e-9
"""Of products that should be whole numbers."""
