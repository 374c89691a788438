"""Learning-rate schedulers: how long they say they are, and how far they were advanced."""

import weakref
from dataclasses import dataclass, replace
from typing import Any

from torch.optim import lr_scheduler

from wellfit.model.events.optim import ScheduleSeen
from wellfit.model.place import Place
from wellfit.observe.epochs import Epochs
from wellfit.observe.moments import LoaderStarted, SchedulerMade, SchedulerStepped, Step
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

LOW_SHARE = 0.0101
"""Share of the start rate from which on a step moves next to nothing: two drops to a tenth, and rounding."""

MOST_SCHEDULES = 16

_FOLLOWED = (lr_scheduler.LRScheduler.step, lr_scheduler.CosineAnnealingWarmRestarts.step)
"""Steps whose every call is seen."""

LENGTHS = ("T_max", "total_steps", "step_size", "total_iters", "T_0")
"""Attributes of torch's schedulers that count steps; `milestones` is read apart."""


@dataclass
class _Schedule:
    index: int
    kind: str
    reference: "weakref.ref[Any]"
    optimizer: int
    made_at: Place | None
    followed: bool
    first: int
    epochs_before: int
    evaluations: int = 0
    evaluations_seen: int = -1
    steps: int = 0
    low_steps: int = 0
    start_rate: float = 0.0
    rate: float = 0.0
    moved: bool = False
    advanced: int = 0
    lengths: dict[str, tuple[int, ...]] | None = None
    latest: ScheduleSeen | None = None


class SchedulesProbe(Probe):
    """Writes `ScheduleSeen`."""

    emits = (ScheduleSeen,)
    always = frozenset({"scheduler", "scheduler_step", "loader"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._epochs = Epochs(watch.totals)
        self._schedules: list[_Schedule] = []
        self._of_optimizer: dict[int, list[_Schedule]] = {}

    def on_loader(self, loader: LoaderStarted) -> None:
        """A pass over some data begins."""
        self._epochs.started(loader)

    def on_scheduler(self, made: SchedulerMade) -> None:
        """Note a new scheduler; `SequentialLR` starts one of its own a second time."""
        scheduler = made.scheduler
        if len(self._schedules) >= MOST_SCHEDULES or any(s.reference() is scheduler for s in self._schedules):
            return
        first = getattr(scheduler, "last_epoch", -1)
        schedule = _Schedule(
            index=len(self._schedules),
            kind=_torch_kind(scheduler),
            reference=weakref.ref(scheduler),
            optimizer=self.watch.optimizers.find(scheduler.optimizer).index,
            made_at=made.place,
            followed=type(scheduler).step in _FOLLOWED,
            first=first + 1 if type(first) is int else 0,
            epochs_before=self._epochs.count,
        )
        if not self._schedules:  # only from here on does each step cost a look
            self.always |= {"step_end"}
            self.watch.listen_again()
        self._schedules.append(schedule)
        self._of_optimizer.setdefault(schedule.optimizer, []).append(schedule)

    def on_scheduler_step(self, stepped: SchedulerStepped) -> None:
        """Follow the counter: a scheduler that lives in a function is gone when the process ends."""
        scheduler = stepped.scheduler
        last = getattr(scheduler, "last_epoch", None)
        for schedule in self._schedules:
            if schedule.reference() is scheduler and type(last) is int:
                schedule.advanced = last + 1 - schedule.first

    def on_step_end(self, step: Step) -> None:
        """Count for the optimizer's schedulers, and read them in sampled iterations."""
        self._epochs.stepped()
        schedules = self._of_optimizer.get(self.watch.optimizers.find(step.optimizer).index, ())
        if not schedules:
            return
        rate = step.optimizer.param_groups[0].get("lr")
        evaluations = self.watch.totals.evaluation_forwards
        for schedule in schedules:
            _count(schedule, rate, evaluations)
        if self.watch.clock.sampled:
            for schedule in schedules:
                self._write(schedule)

    def end(self) -> None:
        """Write the last state of each."""
        for schedule in self._schedules:
            if schedule.followed or schedule.reference() is not None:
                self._write(schedule, at_end=True)
            elif schedule.latest is not None and schedule.steps > schedule.latest.all_steps:
                self.watch.emit(replace(schedule.latest, all_steps=schedule.steps, low_steps=schedule.low_steps))

    def _write(self, schedule: _Schedule, *, at_end: bool = False) -> None:
        """Write its state; once it is gone, its counter is only known where each step of it was seen."""
        scheduler = schedule.reference()
        if scheduler is not None:
            _read(schedule, scheduler)
        if schedule.steps and (scheduler is not None or schedule.followed):
            schedule.latest = self._describe(schedule, at_end=at_end)
            self.watch.emit(schedule.latest)

    def _describe(self, schedule: _Schedule, *, at_end: bool) -> ScheduleSeen:
        return ScheduleSeen(
            step=self.watch.clock.step,
            schedule=schedule.index,
            optimizer=schedule.optimizer,
            kind=schedule.kind,
            made_at=schedule.made_at,
            advanced=schedule.advanced,
            lengths=schedule.lengths or {},
            start_rate=schedule.start_rate,
            rate=schedule.rate,
            optimizer_steps=schedule.steps,
            all_steps=schedule.steps,
            low_steps=schedule.low_steps,
            moved=schedule.moved,
            epochs=max(0, self._epochs.count - schedule.epochs_before),
            epoch_steps=self._epochs.steps,
            evaluations=schedule.evaluations,
            at_end=at_end,
        )


def _count(schedule: _Schedule, rate: Any, evaluations: int) -> None:
    if schedule.steps and evaluations != schedule.evaluations_seen:
        schedule.evaluations += 1
    schedule.evaluations_seen = evaluations
    if type(rate) is not float and type(rate) is not int:
        return  # a rate in a tensor: reading it would wait for the device
    if schedule.steps == 0:
        schedule.start_rate = rate
    schedule.steps += 1
    schedule.rate = rate
    schedule.moved = schedule.moved or rate != schedule.start_rate
    schedule.low_steps += rate <= LOW_SHARE * schedule.start_rate


def _read(schedule: _Schedule, scheduler: Any) -> None:
    """Read the scheduler's own counter and settings."""
    last = getattr(scheduler, "last_epoch", None)
    if type(last) is int:
        schedule.advanced = last - schedule.first
    values = vars(scheduler)
    schedule.lengths = {n: (values[n],) for n in LENGTHS if type(values.get(n)) is int}
    milestones = values.get("milestones")
    if milestones is not None and all(type(m) is int for m in milestones):
        schedule.lengths["milestones"] = tuple(sorted(milestones))


def _torch_kind(scheduler: Any) -> str:
    """The class of torch that decides how the rate runs."""
    for kind in type(scheduler).__mro__:
        if kind.__module__.startswith("torch.optim."):
            return str(kind.__name__)
    return type(scheduler).__name__
