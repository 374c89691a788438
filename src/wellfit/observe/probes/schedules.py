"""Learning-rate schedulers: how long they say they are, and how far they were advanced."""

import weakref
from dataclasses import dataclass, field, replace
from typing import Any

from torch.optim import lr_scheduler

from wellfit.model.events.optim import ScheduleSays, ScheduleSeen
from wellfit.model.place import Place
from wellfit.observe.epochs import Epochs
from wellfit.observe.loops import run_to_their_end
from wellfit.observe.moments import LoaderStarted, SchedulerMade, SchedulerStepped, Step
from wellfit.observe.probe import Probe
from wellfit.observe.rate_course import RateCourse
from wellfit.observe.schedule_says import JOINED, count_of, moving_group, schedule_says
from wellfit.observe.watch import Watch

LOW_SHARE = 0.0101
"""Share of the start rate from which on a step moves next to nothing: two drops to a tenth, and rounding."""

MOST_SCHEDULES = 16

_FOLLOWED = (
    lr_scheduler.LRScheduler.step,
    lr_scheduler.CosineAnnealingWarmRestarts.step,
    *(kind.step for kind in JOINED),
)
"""Steps whose every call is seen."""

LENGTHS = ("T_max", "total_steps", "step_size", "total_iters", "T_0")
"""Attributes of torch's schedulers that count steps; `milestones` is read apart."""


@dataclass
class _Schedule:
    index: int
    kind: str
    reference: "weakref.ref[Any]"
    optimizer: int
    group: int
    made_at: Place | None
    followed: bool
    first: int
    epochs_before: int
    course: RateCourse = field(default_factory=RateCourse)
    evaluations: int = 0
    evaluations_seen: int = -1
    low_steps: int = 0
    moved: bool = False
    advanced: int = 0
    calls: int = 0
    to_the_end: bool = False
    says: ScheduleSays = field(default_factory=ScheduleSays)
    members: tuple[int, ...] = ()
    lengths: dict[str, tuple[int, ...]] | None = None
    latest: ScheduleSeen | None = None


class SchedulesProbe(Probe):
    """Writes `ScheduleSeen`."""

    emits = (ScheduleSeen,)
    always = frozenset({"scheduler", "scheduler_step", "schedulers_joined", "loader"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._epochs = Epochs(watch.totals)
        self._schedules: list[_Schedule] = []
        self._of_optimizer: dict[int, list[_Schedule]] = {}
        self._joined: list[tuple[weakref.ref[Any], Place | None]] = []

    def on_loader(self, loader: LoaderStarted) -> None:
        """A pass over some data begins."""
        self._epochs.started(loader)

    def on_scheduler(self, made: SchedulerMade) -> None:
        """Note a new scheduler; `SequentialLR` starts one of its own a second time."""
        self._note(made.scheduler, made.place)

    def on_schedulers_joined(self, joined: SchedulerMade) -> None:
        """Wait for its constructor to end: what it joins is read at the next step."""
        self._joined.append((weakref.ref(joined.scheduler), joined.place))

    def on_scheduler_step(self, stepped: SchedulerStepped) -> None:
        """Follow the counter: a scheduler that lives in a function is gone when the process ends."""
        scheduler = stepped.scheduler
        schedule = self._known(scheduler)
        if schedule is None:
            return
        last = getattr(scheduler, "last_epoch", None)
        advanced = last + 1 - schedule.first if type(last) is int else schedule.calls + 1
        if advanced > 0:  # its construction has a step of its own
            schedule.to_the_end = schedule.to_the_end if schedule.calls else run_to_their_end(stepped.frame)
            schedule.calls += 1
        if type(last) is int or schedule.members:
            schedule.advanced = advanced

    def on_step_end(self, step: Step) -> None:
        """Count for the optimizer's schedulers, and read them in sampled iterations."""
        self._epochs.stepped()
        if self._joined:
            self._note_joined()
        schedules = self._of_optimizer.get(self.watch.optimizers.find(step.optimizer).index, ())
        if not schedules:
            return
        groups = step.optimizer.param_groups
        evaluations = self.watch.totals.evaluation_forwards
        for schedule in schedules:
            group = groups[schedule.group] if schedule.group < len(groups) else {}
            _count(schedule, group.get("lr"), evaluations)
        if self.watch.clock.sampled:
            for schedule in schedules:
                self._write(schedule)

    def end(self) -> None:
        """Write the last state of each."""
        for schedule in self._schedules:
            if schedule.followed or schedule.reference() is not None:
                self._write(schedule, at_end=True)
            elif schedule.latest is not None and schedule.course.steps > schedule.latest.all_steps:
                steps, low, rates = schedule.course.steps, schedule.low_steps, schedule.course.summary()
                self.watch.emit(replace(schedule.latest, all_steps=steps, low_steps=low, rates=rates))

    def _known(self, scheduler: Any) -> _Schedule | None:
        return next((s for s in self._schedules if s.reference() is scheduler), None)

    def _note(self, scheduler: Any, place: Place | None, members: tuple[int, ...] = ()) -> None:
        if len(self._schedules) >= MOST_SCHEDULES or self._known(scheduler) is not None:
            return
        first = getattr(scheduler, "last_epoch", -1)
        schedule = _Schedule(
            index=len(self._schedules),
            kind=_torch_kind(scheduler),
            reference=weakref.ref(scheduler),
            optimizer=self.watch.optimizers.find(scheduler.optimizer).index,
            group=moving_group(scheduler.optimizer),
            made_at=place,
            followed=type(scheduler).step in _FOLLOWED,
            first=first + 1 if type(first) is int and not members else 0,
            epochs_before=self._epochs.count,
            members=members,
        )
        if not self._schedules:  # only from here on does each step cost a look
            self.always |= {"step_end"}
            self.watch.listen_again()
        self._schedules.append(schedule)
        self._of_optimizer.setdefault(schedule.optimizer, []).append(schedule)

    def _note_joined(self) -> None:
        joined, self._joined = self._joined, []
        for reference, place in joined:
            scheduler = reference()
            known = [self._known(member) for member in getattr(scheduler, "_schedulers", ())]
            members = tuple(member.index for member in known if member is not None)
            if members and len(members) == len(known):
                self._note(scheduler, place, members)

    def _write(self, schedule: _Schedule, *, at_end: bool = False) -> None:
        """Write its state; once it is gone, its counter is only known where each step of it was seen."""
        scheduler = schedule.reference()
        if scheduler is not None:
            _read(schedule, scheduler)
        if schedule.course.steps and (scheduler is not None or schedule.followed):
            schedule.latest = self._describe(schedule, at_end=at_end)
            self.watch.emit(schedule.latest)

    def _describe(self, schedule: _Schedule, *, at_end: bool) -> ScheduleSeen:
        course = schedule.course
        return ScheduleSeen(
            step=self.watch.clock.step,
            schedule=schedule.index,
            optimizer=schedule.optimizer,
            kind=schedule.kind,
            made_at=schedule.made_at,
            advanced=schedule.advanced,
            lengths=schedule.lengths or {},
            start_rate=course.first,
            rate=course.last,
            optimizer_steps=course.steps,
            all_steps=course.steps,
            low_steps=schedule.low_steps,
            moved=schedule.moved,
            epochs=max(0, self._epochs.count - schedule.epochs_before),
            epoch_steps=self._epochs.steps,
            evaluations=schedule.evaluations,
            at_end=at_end,
            resumed=schedule.first > 0 or schedule.advanced > schedule.calls + 1,
            to_the_end=schedule.to_the_end,
            says=schedule.says,
            rates=course.summary(),
            members=schedule.members,
        )


def _count(schedule: _Schedule, rate: Any, evaluations: int) -> None:
    course = schedule.course
    if course.steps and evaluations != schedule.evaluations_seen:
        schedule.evaluations += 1
    schedule.evaluations_seen = evaluations
    if type(rate) is not float and type(rate) is not int:
        return  # a rate in a tensor: reading it would wait for the device
    course.note(rate)
    schedule.moved = schedule.moved or rate != course.first
    schedule.low_steps += rate <= LOW_SHARE * course.first


def _read(schedule: _Schedule, scheduler: Any) -> None:
    """Read the scheduler's own counter and settings."""
    last = count_of(scheduler)
    if last is not None:
        schedule.advanced = last - schedule.first
    values = vars(scheduler)
    schedule.lengths = {n: (values[n],) for n in LENGTHS if type(values.get(n)) is int}
    milestones = values.get("milestones")
    if milestones is not None and all(type(m) is int for m in milestones):
        schedule.lengths["milestones"] = tuple(sorted(milestones))
    schedule.says = schedule_says(scheduler, schedule.group)


def _torch_kind(scheduler: Any) -> str:
    """The class of torch that decides how the rate runs."""
    for kind in type(scheduler).__mro__:
        if kind.__module__.startswith("torch.optim."):
            return str(kind.__name__)
    return type(scheduler).__name__
