"""Facts about optimizers and their schedules."""

from dataclasses import dataclass

from wellfit.model.events.optim import HeldParameters, ModuleParameters, OptimizerSeen, ScheduleSeen, Updated

FEWEST_LOOKS = 3
"""Sampled iterations after which it counts that something never happened."""


@dataclass(frozen=True, slots=True)
class OptimizersSeen:
    """Every optimizer that stepped, as it stood when last seen."""

    all: tuple[OptimizerSeen, ...]

    def of(self, number: int) -> OptimizerSeen | None:
        """The optimizer with a number."""
        return next((o for o in self.all if o.optimizer == number), None)


@dataclass(frozen=True, slots=True)
class ParameterCoverage:
    """What losses reached against what optimizers hold, as it stood when last seen.

    Args:
        backwards: sampled backward passes through a graph with at least one leaf.
    """

    backwards: int
    optimizers: tuple[HeldParameters, ...]
    modules: tuple[ModuleParameters, ...]

    @property
    def forgotten(self) -> tuple[ModuleParameters, ...]:
        """Modules with parameters that losses reach and that no optimizer holds."""
        return tuple(m for m in self.modules if m.missing)

    @property
    def left_behind(self) -> tuple[HeldParameters, ...]:
        """Optimizers that hold what is no longer trained, while what is trained now is in no optimizer."""
        if not self.forgotten:
            return ()
        return tuple(
            o for o in self.optimizers if o.looks >= FEWEST_LOOKS and (o.stale or o.idle == o.parameters > 0)
        )


@dataclass(frozen=True, slots=True)
class UpdateSizes:
    """Every measured step, in order; empty where none could be measured."""

    all: tuple[Updated, ...]

    def of(self, optimizer: int) -> tuple[Updated, ...]:
        """The measured steps of one optimizer."""
        return tuple(u for u in self.all if u.optimizer == optimizer)


@dataclass(frozen=True, slots=True)
class Schedules:
    """Every learning-rate scheduler, as it stood when last seen.

    Args:
        finished: the program came to its own end; False where it was cut short, or failed.
    """

    all: tuple[ScheduleSeen, ...]
    finished: bool


@dataclass(frozen=True, slots=True)
class LossCourse:
    """The value that backward was called on, over the steps; dense at first and thinned out later."""

    steps: tuple[int, ...]
    losses: tuple[float, ...]
