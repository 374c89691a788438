"""Facts about optimizers and their schedules."""

from dataclasses import dataclass

from wellfit.model.events.optim import (
    HeldParameters,
    ModuleParameters,
    OptimizerSeen,
    PlateauSeen,
    ScheduleSeen,
    Updated,
)

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
        return tuple(o for o in self.optimizers if o.looks >= FEWEST_LOOKS and (o.stale or o.idle == o.parameters > 0))


@dataclass(frozen=True, slots=True)
class UpdateSizes:
    """Every measured step, in order; empty where none could be measured."""

    all: tuple[Updated, ...]

    def of(self, optimizer: int) -> tuple[Updated, ...]:
        """The measured steps of one optimizer."""
        return tuple(u for u in self.all if u.optimizer == optimizer)


@dataclass(frozen=True, slots=True)
class ScaledRates:
    """The parameter groups of one optimizer with an `lr_scale`, over its sampled iterations.

    Args:
        optimizer: as it stood when last seen.
        looks: iterations in which two groups had different scales and a rate that is not 0.
        ignored: of these, those in which the two had the same rate.
        scales: the scales of the two, and `rate` what both had.
    """

    optimizer: OptimizerSeen
    looks: int
    ignored: int
    scales: tuple[float, float]
    rate: float


@dataclass(frozen=True, slots=True)
class LayerRates:
    """Every optimizer whose groups have different scales for their rates."""

    all: tuple[ScaledRates, ...]


@dataclass(frozen=True, slots=True)
class Plateaus:
    """Every scheduler that follows a metric, with what it was given."""

    all: tuple[PlateauSeen, ...]


FIRST_PART = 0.8
"""Share of the first epoch within which a schedule that counts epochs runs out when it is stepped per batch."""


PER_STEP = 0.9
"""Share of the optimizer's steps at which a schedule advanced, to be called stepped per batch."""

PERIODS = 1.5
"""Half periods of cosine annealing, after which the rate has fallen and risen again by half."""

SAME_LENGTH = 0.02
"""How far a schedule's length may lie from the run's steps, as a share, to be meant as them."""

STEPS_PER_ADVANCE = 4
"""Steps per advance, at least, for a schedule that was stepped per epoch."""

ZERO_SHARE = 0.01
"""Share of the run at a rate of exactly 0 that is more than a last step."""

MOST_ZEROS = 2
"""Calls of `step()` that may leave the rate at exactly 0: the last of a decay that is one too short."""

UNIT = 10
"""Times by which a first cycle misses the calls before it counts another unit."""

_WHOLE_RUN = {"CosineAnnealingLR": "T_max", "OneCycleLR": "total_steps", "PolynomialLR": "total_iters"}


@dataclass(frozen=True, slots=True)
class Schedules:
    """Every learning-rate scheduler, as it stood when last seen.

    Args:
        all: but for those that join others.
        finished: the program came to its own end; False where it was cut short, or failed.
        joined: sequences and chains of others.
        with_plateau: numbers of optimizers whose rate a metric sets too.
    """

    all: tuple[ScheduleSeen, ...]
    finished: bool
    joined: tuple[ScheduleSeen, ...] = ()
    with_plateau: frozenset[int] = frozenset()

    def of(self, optimizer: int) -> tuple[ScheduleSeen, ...]:
        """The schedulers of one optimizer."""
        return tuple(s for s in self.all if s.optimizer == optimizer)

    @property
    def alone(self) -> tuple[ScheduleSeen, ...]:
        """Those that set an optimizer's rate from the start and with no other; joined ones as a whole."""
        members = {number for joined in self.joined for number in joined.members}
        wholes = [s for s in (*self.all, *self.joined) if s.schedule not in members]
        shared = {s.optimizer for s in wholes if [w.optimizer for w in wholes].count(s.optimizer) > 1}
        return tuple(
            s for s in wholes if s.optimizer not in shared | self.with_plateau and s.advanced > 0 and not s.resumed
        )

    def epoch_steps(self, schedule: ScheduleSeen) -> float | None:
        """Steps of one round of the user's outer loop: of a pass over the loader, else between evaluations."""
        if schedule.epochs:
            return schedule.epoch_steps
        whole = self.finished and schedule.evaluations >= FEWEST_LOOKS
        return schedule.all_steps / (schedule.evaluations + 1) if whole else None

    def runs_out(self, schedule: ScheduleSeen) -> bool:
        """Stepped per batch, its rate fell to next to nothing within the first epoch, and stayed there."""
        epoch = self.epoch_steps(schedule)
        per_batch = schedule.advanced >= PER_STEP * schedule.optimizer_steps
        if epoch is None or not per_batch or schedule.all_steps < 2 * epoch or schedule.start_rate <= 0:
            return False
        return schedule.low_steps >= schedule.all_steps - FIRST_PART * epoch

    def swings(self, schedule: ScheduleSeen) -> bool:
        """Stepped per batch, its cosine counts epochs, and went up and down within one."""
        epoch, length = self.epoch_steps(schedule), schedule.lengths.get("T_max", (0,))[-1]
        if schedule.kind != "CosineAnnealingLR" or epoch is None or not length:
            return False
        if schedule.advanced < max(PERIODS * length, PER_STEP * schedule.optimizer_steps):
            return False
        meant = schedule.epochs > 0 or abs(length - schedule.evaluations) <= 1
        return meant and length <= FIRST_PART * epoch

    def crawls(self, schedule: ScheduleSeen) -> bool:
        """As long as the run's steps, or a CyclicLR that never turns, and advanced once an epoch."""
        length, epochs = whole_length(schedule), schedule.epochs or schedule.evaluations
        if not self.finished or not epochs > 1 or not 0 < schedule.advanced <= epochs + 1:
            return False
        meant = abs(length - schedule.all_steps) <= max(1, SAME_LENGTH * schedule.all_steps) and length > 0
        never_turns = schedule.kind == "CyclicLR" and (schedule.says.turn or 0) >= UNIT * schedule.advanced
        return schedule.optimizer_steps >= STEPS_PER_ADVANCE * schedule.advanced and (meant or never_turns)

    def runs_dry(self, schedule: ScheduleSeen) -> bool:
        """At the end the rate is exactly 0 for more than the last steps of a decay."""
        zeros, calls = schedule.rates.zeros_at_last, max(1, schedule.advanced)
        return zeros > ZERO_SHARE * schedule.all_steps and zeros * calls > MOST_ZEROS * schedule.all_steps

    def in_wrong_unit(self, schedule: ScheduleSeen) -> bool:
        """It, or one that it joins, counts epochs and is stepped per batch, or the other way round."""
        parts = [schedule, *(s for s in self.all if s.schedule in schedule.members)]
        return any(self.runs_out(s) or self.swings(s) or self.crawls(s) for s in parts)


def whole_length(schedule: ScheduleSeen) -> int:
    """The setting that says how long the whole run is; 0 where its kind has none."""
    return schedule.lengths.get(_WHOLE_RUN.get(schedule.kind, ""), (0,))[-1]


@dataclass(frozen=True, slots=True)
class LossCourse:
    """The value that backward was called on, and the rate of the step, over the steps; thinned out later."""

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    rates: tuple[float, ...]
