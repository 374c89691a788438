"""Step learning-rate schedules at a pace of one's own."""

import weakref
from typing import Any

from torch.optim import Optimizer
from torch.optim.lr_scheduler import ReduceLROnPlateau
from torch.optim.optimizer import register_optimizer_step_post_hook

from wellfit.intervene.intervention import Intervention
from wellfit.intervene.schedules import Schedules


class PacedSchedules(Intervention):
    """The schedulers of a line, or all of them without one, follow the steps of their optimizers.

    The program's own steps of them have no effect. Schedulers that others are composed of are left to these.
    """

    def install(self) -> None:
        """Take the schedulers over; follow the steps."""
        self._counts: dict[int, int] = {}
        self._taken: list[weakref.ref[Any]] = []
        self._schedules = Schedules(lambda: self.sites.is_here(self.cure.place, depth=2), self._take, self.applied)
        self._schedules.install()
        register_optimizer_step_post_hook(self._after_step)

    def calls_at(self, count: int) -> int:
        """How often a scheduler is stepped behind a step of its optimizer.

        Args:
            count: number of the step, from 1.
        """
        raise NotImplementedError

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
        for scheduler in [s for _turn in range(self.calls_at(count)) for s in mine]:
            self._schedules.drive(scheduler)
            self.applied()
