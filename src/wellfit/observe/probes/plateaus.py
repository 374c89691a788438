"""What schedulers that follow a metric are given."""

import weakref
from dataclasses import dataclass, field
from typing import Any

from wellfit.model.events.optim import PlateauSeen
from wellfit.model.place import Place
from wellfit.observe.moments import PlateauStepped, SchedulerMade
from wellfit.observe.probe import Probe
from wellfit.observe.schedule_says import moving_group
from wellfit.observe.watch import Watch

MOST_PLATEAUS = 8

MOST_VALUES = 256
"""Values that are kept of each, the first ones: a wrong mode acts on them."""


@dataclass
class _Plateau:
    index: int
    reference: "weakref.ref[Any]"
    optimizer: int
    group: int
    mode: str
    made_at: Place | None
    stepped_at: Place | None = None
    points: list[tuple[int, float, float]] = field(default_factory=list)
    written: int = 0


class PlateausProbe(Probe):
    """Writes `PlateauSeen`."""

    emits = (PlateauSeen,)
    always = frozenset({"plateau_made", "plateau_step"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._plateaus: list[_Plateau] = []

    def on_plateau_made(self, made: SchedulerMade) -> None:
        """Note a new one."""
        scheduler = made.scheduler
        mode = getattr(scheduler, "mode", None)
        if len(self._plateaus) >= MOST_PLATEAUS or mode not in ("min", "max"):
            return
        optimizer = self.watch.optimizers.find(scheduler.optimizer).index
        number, group = len(self._plateaus), moving_group(scheduler.optimizer)
        self._plateaus.append(_Plateau(number, weakref.ref(scheduler), optimizer, group, mode, made.place))

    def on_plateau_step(self, stepped: PlateauStepped) -> None:
        """Keep the value, and the rate as it stands before the scheduler acts on it."""
        plateau = next((p for p in self._plateaus if p.reference() is stepped.scheduler), None)
        if plateau is None or len(plateau.points) >= MOST_VALUES:
            return
        rate = stepped.scheduler.optimizer.param_groups[plateau.group].get("lr")
        if type(rate) is float or type(rate) is int:
            plateau.stepped_at = plateau.stepped_at or stepped.place
            plateau.points.append((self.watch.clock.step, stepped.value, float(rate)))

    def on_step_end(self, _: object) -> None:
        """In a sampled iteration, write what is new."""
        for plateau in self._plateaus:
            self._write(plateau)

    def end(self) -> None:
        """Write what is left."""
        for plateau in self._plateaus:
            self._write(plateau)

    def _write(self, plateau: _Plateau) -> None:
        if len(plateau.points) == plateau.written:
            return
        plateau.written = len(plateau.points)
        steps, values, rates = zip(*plateau.points, strict=True)
        self.watch.emit(
            PlateauSeen(
                step=self.watch.clock.step,
                plateau=plateau.index,
                optimizer=plateau.optimizer,
                made_at=plateau.made_at,
                stepped_at=plateau.stepped_at,
                mode=plateau.mode,
                steps=steps,
                values=values,
                rates=rates,
            )
        )
