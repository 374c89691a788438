"""One study, as all of its workers see it: asks for settings, notes how they do, tells what they came to.

The engine below is Optuna. A trial is one of its trials, and what its states do not say stands in attributes.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from wellfit.errors import UsageError
from wellfit.model.study import FORMAT, End, StudyPlan, TrialSeen, TrialTold, Value
from wellfit.tune.beats import Beats
from wellfit.tune.sampling import first_points, make_pruner, make_sampler, suggest
from wellfit.tune.slots import ended, is_surplus, lost
from wellfit.tune.storage import open_storage, patiently
from wellfit.tune.translate import seen_of

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.storages import BaseStorage

Result = TypeVar("Result")

PLAN = "wellfit"
"""Attribute of a study with its plan."""

BEAT_S = 5.0
"""Seconds between two signs of life of a worker."""

_STREAM = 100_003
"""Draws between the streams of two workers."""

MOST_REPORTS = 64
"""Values of one trial that are kept in the study; its record has all of them."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a worker is to try.

    Args:
        slot: see `TrialSeen`.
        attempt: see `TrialSeen`.
        values: of the knobs by key; empty for the script's own setting.
        left_by: folder that an attempt was killed in; empty where there was none.
    """

    slot: int
    attempt: int
    values: Mapping[str, Value]
    left_by: str = ""


class Ledger:
    """One study.

    Args:
        study: of the engine.
        plan: of the search.
        tell: hears sentences about a database that is away.
        stream: >= 0, another one for each worker: of the draws of the search.
    """

    def __init__(
        self, study: "Study", plan: StudyPlan, tell: Callable[[str], None] = lambda _: None, stream: int = 0
    ) -> None:
        self.plan = plan
        self._stream = stream
        self._study = study
        self._tell = tell
        self._beats = Beats()
        self._trial: Trial | None = None
        self._beaten = 0.0
        self._beat = self._count = 0
        present = plan.seen.present
        self._own_is_within = all(k.key in present and k.holds(present[k.key]) for k in plan.knobs)

    @classmethod
    def create(cls, place: str, plan: StudyPlan, tell: Callable[[str], None] = lambda _: None) -> "Ledger":
        """Begin a study.

        Args:
            place: absolute folder, or the address of a database.
            plan: of the search; its name must be free there.
            tell: see `Ledger`.

        Raises:
            UsageError: the name is taken, or the place cannot be used.
        """
        import optuna

        storage = open_storage(place)
        direction = (
            optuna.study.StudyDirection.MAXIMIZE if plan.higher_is_better else optuna.study.StudyDirection.MINIMIZE
        )
        try:
            study = optuna.create_study(
                storage=storage, study_name=plan.name, direction=direction, pruner=make_pruner(plan)
            )
        except optuna.exceptions.DuplicatedStudyError:
            raise UsageError(
                f"a study named {plan.name} is there already: --resume goes on with it, --name gives another name"
            ) from None
        study.set_user_attr(PLAN, plan.to_dict())
        ledger = cls(study, plan, tell)
        ledger._enqueue_all()
        return ledger

    @classmethod
    def open(
        cls, place: str, name: str | None, tell: Callable[[str], None] = lambda _: None, stream: int = 0
    ) -> "Ledger":
        """Go on with a study.

        Args:
            place: absolute folder, or the address of a database.
            name: of the study; None takes the only one that is there.
            tell: see `Ledger`.
            stream: see `Ledger`.

        Raises:
            UsageError: there is none of that name, or not one alone, or it was made elsewhere.
        """
        import optuna

        storage = open_storage(place)
        name = name or _only_name(storage)
        try:
            study = optuna.load_study(storage=storage, study_name=name)
        except KeyError:
            known = ", ".join(optuna.get_all_study_names(storage)) or "none"
            raise UsageError(f"no study is named {name}; there are: {known}") from None
        plan = _plan_of(study, name)
        study.pruner = make_pruner(plan)
        return cls(study, plan, tell, stream)

    def extend(self, trials: int) -> None:
        """Plan more trials; fewer than there are changes nothing."""
        if trials > self.plan.trials:
            before, self.plan = self.plan.trials, replace(self.plan, trials=trials)
            self._study.set_user_attr(PLAN, self.plan.to_dict())
            for slot in range(before, trials):
                self._enqueue(slot, {})

    def _enqueue_all(self) -> None:
        points = first_points(self.plan)
        self._enqueue(0, dict(self.plan.seen.present) if self._own_is_within else {})
        for slot in range(1, self.plan.trials):
            self._enqueue(slot, points[slot - 1] if slot <= len(points) else {})

    def _enqueue(self, slot: int, values: Mapping[str, Value], *, attempt: int = 0, left_by: str = "") -> None:
        attributes = {"slot": slot, "attempt": attempt, "left_by": left_by}
        self._study.enqueue_trial(dict(values), user_attrs=attributes)

    def ask(self, worker: str, copy: str) -> Setting | None:
        """The next setting; None where no slot is open now.

        Args:
            worker: who takes it.
            copy: folder that it will run in.
        """
        return self._patient(lambda: self._ask(worker, copy))

    def _patient(self, call: Callable[[], Result]) -> Result:
        return patiently(call, self._tell)

    def _ask(self, worker: str, copy: str) -> Setting | None:
        while True:
            trials = self._reap()
            if not any(t.end is None and not t.runs for t in trials):
                return None
            over = sum(t.end is not None for t in trials)
            self._study.sampler = make_sampler(self.plan, over + _STREAM * self._stream)
            trial = self._study.ask()
            for name, value in (("worker", worker), ("copy", copy), ("beat", 0)):
                trial.set_user_attr(name, value)
            trials = self.trials()
            seen = next((t for t in trials if t.number == trial.number), None)
            if seen is None or is_surplus(seen, trials):
                self._finish(trial.number, "surplus", None)
                continue
            is_own = seen.slot == 0 and not self._own_is_within
            values = {} if is_own else {knob.key: suggest(trial, knob) for knob in self.plan.knobs}
            self._trial, self._count, self._beat = trial, 0, 0
            self._beaten = time.monotonic()
            return Setting(seen.slot, seen.attempt, values, str(trial.user_attrs.get("left_by", "")))

    def note(self, values: Sequence[float]) -> bool:
        """Note further values of the metric, and say whether the trial is to be ended.

        Args:
            values: that came since the last call, in their order; also where there are none, as a sign of life.
        """
        return self._patient(lambda: self._note(values))

    def _note(self, values: Sequence[float]) -> bool:
        trial = self._asked_trial
        every = max(1, self.plan.points // MOST_REPORTS)
        reported = False
        for value in values:
            self._count += 1
            if self._count % every == 0 and math.isfinite(value):
                trial.report(value, self._count // every)
                reported = True
        if time.monotonic() - self._beaten > BEAT_S:
            self._beaten = time.monotonic()
            self._beat += 1
            trial.set_user_attr("beat", self._beat)
        return reported and self.plan.prune and self._count < self.plan.points and trial.should_prune()

    @property
    def _asked_trial(self) -> "Trial":
        if self._trial is None:
            raise ValueError("no setting was asked for")
        return self._trial

    def tell(self, told: TrialTold) -> None:
        """What the setting that was asked for came to."""
        trial = self._asked_trial
        self._trial = None
        notes = {
            "reason": told.reason,
            "run": told.run,
            "value": told.value,
            "seconds": round(told.seconds, 3),
            "best": told.best,
            "best_at": told.best_at,
        }
        self._patient(lambda: self._tell_end(trial, told.end, notes))

    def _tell_end(self, trial: "Trial", end: End, notes: Mapping[str, Any]) -> None:
        """All that is known first, the end last: who finds it without its state can finish it for us."""
        from optuna.exceptions import UpdateFinishedTrialError

        try:
            for name, note in notes.items():
                if note not in ("", None) and not (isinstance(note, float) and not math.isfinite(note)):
                    trial.set_user_attr(name, note)
            trial.set_user_attr("end", end)
        except UpdateFinishedTrialError:  # told before, and unheard; or given up, and tried elsewhere
            return
        self._finish(trial.number, end, notes["value"])

    def _finish(self, number: int, end: End, value: float | None) -> None:
        from optuna.trial import TrialState

        frozen = next((t for t in self._study.get_trials(deepcopy=False) if t.number == number), None)
        in_space = frozen is not None and bool(frozen.params)  # one outside of the ranges would empty the space
        states = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "diverged": TrialState.PRUNED}
        state = states.get(end, TrialState.FAIL) if in_space else TrialState.FAIL
        try:
            self._study.tell(number, value if state == TrialState.COMPLETE else None, state=state)
        except ValueError:  # it has its end already
            return

    def _reap(self) -> tuple[TrialSeen, ...]:
        """Give up the trials of workers that are gone, and open their slots again; all trials then."""
        for trial in self.trials():
            if trial.runs and self._beats.is_gone(trial):
                self._finish(trial.number, trial.end or "dead", trial.value)
        for trial in lost(self.trials(), retries=self.plan.retries):
            self._enqueue(trial.slot, trial.values, attempt=trial.attempt + 1, left_by=trial.copy)
        return self.trials()

    def trials(self) -> tuple[TrialSeen, ...]:
        """All trials that are ours, in the order in which they were planned."""
        return tuple(seen_of(t) for t in self._study.get_trials(deepcopy=False) if "slot" in t.user_attrs)

    def ended(self) -> tuple[TrialSeen, ...]:
        """One trial for each slot that has come to its end, after giving up those whose worker is gone."""
        return ended(self._patient(self._reap), retries=self.plan.retries)

    @property
    def engine(self) -> "Study":
        """The study as the engine has it, for what it can tell of it."""
        return self._study

    def note_of_study(self, name: str, value: Any) -> None:
        """Keep something beside the trials."""
        self._patient(lambda: self._study.set_user_attr(name, value))

    def noted(self, name: str) -> Any:
        """What was kept beside the trials; None where nothing was."""
        return self._study.user_attrs.get(name)


def _only_name(storage: "BaseStorage") -> str:
    import optuna

    names = optuna.get_all_study_names(storage)
    if not names:
        raise UsageError("there is no study yet: `wellfit tune` begins one")
    if len(names) > 1:
        raise UsageError(f"there are {len(names):,} studies: --name says which; {', '.join(sorted(names)[:8])}")
    return names[0]


def _plan_of(study: "Study", name: str) -> StudyPlan:
    values = study.user_attrs.get(PLAN)
    if not isinstance(values, dict):
        raise UsageError(f"the study {name} was not made by wellfit tune: it says nothing of a script")
    if values.get("format", 0) > FORMAT:
        raise UsageError(f"the study {name} was made by a newer wellfit: update this one")
    try:
        return StudyPlan.from_dict(values)
    except (TypeError, KeyError, ValueError):
        raise UsageError(f"the plan of the study {name} cannot be understood: it was changed, or is damaged") from None
