"""Step a learning-rate schedule in the unit that it counts."""

import weakref
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.optim.optimizer import register_optimizer_step_post_hook

from wellfit.intervene.intervention import Intervention
from wellfit.intervene.schedules import Schedules


class StepSchedule(Intervention):
    """The scheduler that a line makes is stepped after every `every` steps of its optimizer, and at no other time."""

    name = "step_schedule"
    options = frozenset({"every"})

    def install(self) -> None:
        """Take the scheduler over; follow the steps."""
        self._counts: dict[int, int] = {}
        self._taken: list[weakref.ref[Any]] = []
        self._schedules = Schedules(lambda: self.sites.is_here(self.cure.place, depth=2), self._take, self.applied)
        self._schedules.install()
        register_optimizer_step_post_hook(self._after_step)

    def _take(self, scheduler: Any) -> None:
        if isinstance(scheduler, ReduceLROnPlateau):
            self.refuse("ReduceLROnPlateau is stepped with a metric, which the program alone knows")
            return
        self._taken.append(weakref.ref(scheduler))

    def _after_step(self, optimizer: Optimizer, *_: Any) -> None:
        mine = [s for reference in self._taken if (s := reference()) is not None and s.optimizer is optimizer]
        if not mine:
            return
        count = self._counts[id(optimizer)] = self._counts.get(id(optimizer), 0) + 1
        if count % int(self.cure.options["every"]) == 0:
            for scheduler in mine:
                self._schedules.drive(scheduler)
                self.applied()
