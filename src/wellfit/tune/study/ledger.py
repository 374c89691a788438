"""One study, as all of its workers see it: asks for settings, notes how they do, tells what they came to.

The engine below is Optuna. A trial is one of its trials, and what its states do not say stands in attributes.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from wellfit.model.knob import Value
from wellfit.model.study import StudyPlan, TrialSeen, TrialTold
from wellfit.tune.samplers.distributions import distributions_of
from wellfit.tune.samplers.draw import draw
from wellfit.tune.samplers.sampling import make_sampler, suggest
from wellfit.tune.study.beats import Beats
from wellfit.tune.study.entries import Entries
from wellfit.tune.study.held import LOST, Held, Setting, notes_of
from wellfit.tune.study.journal import OutrunError
from wellfit.tune.study.names import choose
from wellfit.tune.study.plans import PLAN, read_plan, read_points, write_plan
from wellfit.tune.study.rungs import report_every
from wellfit.tune.study.slots import Opening
from wellfit.tune.study.storage import Kept, open_storage, taken
from wellfit.tune.study.view import View

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage

    Read = tuple[BaseStorage, Study]

Result = TypeVar("Result")

_QUICK = frozenset({"tpe", "random", "sobol", "grid"})
"""Samplers whose draws take milliseconds."""

MOST_WEIGHED = 200
"""Trials up to which Optuna's own model is asked: beyond, it takes 5 ms and more, and grows with their number."""

_STREAM = 100_003
"""Draws between the streams of two workers."""


class Ledger:
    """One study.

    Args:
        kept: what it is kept in.
        read: the study as it was read there.
        plan: of the search.
        stream: >= 0, another one for each worker: of the draws of the search.

    Attributes:
        plan: of the search.
        close: lets go of the database.
    """

    def __init__(self, kept: Kept, read: "Read", plan: StudyPlan, stream: int = 0) -> None:
        self.plan, self.close = plan, kept.close
        self._kept, self._stream = kept, stream
        self._points = read_points(read[1])
        self._beats = Beats()
        self._held: dict[int, Held] = {}  # by slot
        present = plan.seen.present
        self._own_is_within = all(k.key in present and k.holds(present[k.key]) for k in plan.knobs)
        self._work_from(read)
        self._whole_in: int | None = os.getpid()  # process in which all of this is what the study was at some moment

    def _work_from(self, read: "Read") -> None:
        storage, self._study = read
        number = storage.get_study_id_from_name(self._study.study_name)
        self._view = View(storage, number, self.plan)
        self._entries = Entries(self._kept, storage, number, distributions_of(self.plan.knobs))

    def _read_anew(self) -> None:
        """Read the study from its beginning, and find there what is held."""
        self._work_from(_load(self._kept, self._study.study_name))
        self._view.look()
        for held in self._held.values():
            mine = next(filter(held.is_of, self._view.book.attempts(held.slot)), None)
            held.id, held.number = (LOST, LOST) if mine is None else (self._entries.id_of(mine.number), mine.number)

    def _again(self, call: Callable[[], Result]) -> Result:
        """What a call gives that may be made again: it is where the study has changed below what we had read of it.

        Where a call does not return, we may have read our own changes although they were not written.
        """
        while True:
            is_whole, self._whole_in = self._whole_in == os.getpid(), None
            try:
                if not is_whole:
                    self._read_anew()
                result = call()
            except OutrunError:
                continue
            self._whole_in = os.getpid()
            return result

    @classmethod
    def create(cls, place: str, plan: StudyPlan, tell: Callable[[str], None] = lambda _: None) -> "Ledger":
        """Begin a study.

        Args:
            place: absolute folder, or the address of a database.
            plan: of the search; its name must be free there.
            tell: hears sentences about a database that is away.

        Raises:
            UsageError: the name is taken, or the place cannot be used.
        """
        kept = open_storage(place, plan.name, make=True, tell=tell)
        while True:
            try:
                return cls(kept, _begin(kept, plan), plan)
            except OutrunError:  # somebody else begins it
                continue

    @classmethod
    def open(
        cls,
        place: str,
        name: str | None,
        tell: Callable[[str], None] = lambda _: None,
        stream: int = 0,
        *,
        is_patient: bool = False,
    ) -> "Ledger":
        """Go on with a study.

        Args:
            place: absolute folder, or the address of a database.
            name: of the study; None takes the only one that is there.
            tell: hears sentences about a database that is away.
            stream: see `Ledger`.
            is_patient: whether a database that is away is waited for.

        Raises:
            UsageError: there is none of that name, or not one alone, or it was made elsewhere.
        """
        kept = open_storage(place, name, tell=tell, is_patient=is_patient)
        read = _load(kept, name)
        return cls(kept, read, read_plan(read[1], read[1].study_name), stream)

    def extend(self, trials: int) -> None:
        """Plan more trials; fewer than there are changes nothing."""
        if trials > self.plan.trials:
            self.plan = replace(self.plan, trials=trials)
            self.note_of_study(PLAN, self.plan.to_dict())

    def ask(self, worker: str, copy: str) -> Setting | None:
        """The next setting; None where no slot is open now.

        Args:
            worker: who takes it; no other ledger asks in its name.
            copy: folder that it will run in.
        """
        return next(iter(self.ask_many(1, worker, copy)), None)

    def ask_many(self, count: int, worker: str, copy: str) -> tuple[Setting, ...]:
        """The next settings, which are tried at the same time; fewer where fewer slots are open now.

        Args:
            count: >= 1, at most.
            worker: see `ask`.
            copy: see `ask`.
        """
        begun = self._again(lambda: self._begin(count, worker, copy))
        self._held |= {held.slot: held for held in begun}
        for held in begun:
            self._again(partial(self._settle, held))
        return tuple(held.setting for held in begun)

    def _begin(self, count: int, worker: str, copy: str) -> list[Held]:
        """What is open, begun: with its values, unless they take long, which would keep others from writing."""
        with self._kept.together():
            self._reap(worker)
            begun = [
                self._entries.begin(opening, values, worker, copy) for opening, values in self._choose(count, worker)
            ]
            if self.plan.sampler in _QUICK:
                for held in begun:
                    self._settle(held)
        return begun

    def _choose(self, count: int, worker: str) -> Sequence[tuple[Opening, Mapping[str, Value] | None]]:
        """Open slots with their values; None where the engine is to be asked for them."""
        chosen = self._view.openings(self.plan.trials, worker, count)
        values = [self._given(opening) for opening in chosen]
        lacking = values.count(None)
        if lacking and self._draws_itself(count):
            rng = np.random.default_rng([abs(self.plan.seed), self._stream, self._view.settled])
            running = self._view.book.running.values()
            drawn = iter(draw(self.plan, self._view.ranking, running, lacking, rng))
            values = [next(drawn) if known is None else known for known in values]
        return tuple(zip(chosen, values, strict=True))

    def _draws_itself(self, count: int) -> bool:
        if self.plan.sampler not in {"tpe", "random"}:
            return False
        return self.plan.sampler == "random" or count > 1 or self._view.settled > MOST_WEIGHED

    def _given(self, opening: Opening) -> Mapping[str, Value] | None:
        """The values that a slot has in any case: an earlier attempt's, the script's own, or an even point."""
        if opening.slot == 0:
            return dict(self.plan.seen.present) if self._own_is_within else {}
        if opening.left is not None and all(k.key in opening.left.values for k in self.plan.knobs):
            return opening.left.values
        return self._points[opening.slot - 1] if opening.slot <= len(self._points) else None

    def _settle(self, held: Held) -> None:
        """Ask the engine for the values of a trial that has none."""
        import optuna

        if held.values is not None:
            return
        with self._kept.steady():
            self._study.sampler = make_sampler(self.plan, held.number + _STREAM * self._stream)
            trial = optuna.Trial(self._study, held.id)
            _ = trial.relative_params  # the engine draws
            with self._entries.at_once():
                values = {knob.key: suggest(trial, knob) for knob in self.plan.knobs}
        held.values = values

    def note(self, values: Sequence[float]) -> bool:
        """Note further values of the metric, and say whether the trial is to be ended.

        Args:
            values: that came since the last call, in their order; also where there are none, as a sign of life.
        """
        return bool(self.note_many({self._only_slot: values}))

    def note_many(self, values: Mapping[int, Sequence[float]]) -> frozenset[int]:
        """Note further values of several trials that were asked for.

        Args:
            values: by slot, that came since the last call, in their order.

        Returns:
            Slots of the trials that are to be ended.
        """
        return self._again(lambda: self._note_many(values))

    def _note_many(self, values: Mapping[int, Sequence[float]]) -> frozenset[int]:
        every = report_every(self.plan)
        going = {slot: more for slot, more in values.items() if not self._entries.is_given_up(self._held[slot])}
        with self._entries.at_once():
            counts = {slot: self._entries.report(self._held[slot], more, every) for slot, more in going.items()}
        for slot, count in counts.items():  # only now: a call that is made again begins where this one did
            self._held[slot].count = count
        given_up = {slot for slot in values if self._entries.is_given_up(self._held[slot])}
        return frozenset(given_up | self._behind(counts))

    def _behind(self, slots: Mapping[int, int]) -> set[int]:
        """Slots of trials that others are ahead of at a rung that they have come to."""
        rungs = self._view.rungs
        reached = [self._held[slot] for slot in slots]
        reached = [held for held in reached if rungs.is_reached(held.course, held.judged)]
        if not reached:
            return set()
        self._view.look()
        behind = {held.slot for held in reached if rungs.is_behind(held.course, held.judged)}
        for held in reached:
            held.judged = max(held.course)
        return {slot for slot in behind if self._held[slot].count < self.plan.points}

    @property
    def _only_slot(self) -> int:
        if len(self._held) != 1:
            raise ValueError(f"one setting must have been asked for and not be told yet, not {len(self._held)}")
        return next(iter(self._held))

    def tell(self, told: TrialTold) -> None:
        """What the setting that was asked for came to."""
        self.tell_many({self._only_slot: told})

    def tell_many(self, told: Mapping[int, TrialTold]) -> None:
        """What several settings that were asked for came to, by slot."""
        self._again(lambda: self._tell_many(told))
        for slot in told:
            del self._held[slot]

    def _tell_many(self, told: Mapping[int, TrialTold]) -> None:
        with self._entries.at_once():
            for slot, one in told.items():
                held = self._held[slot]
                self._entries.finish(held.id, one.end, notes_of(one), is_within=bool(held.values))

    def _reap(self, worker: str = "") -> None:
        """Give up the trials of workers that are gone, and those that we began without hearing so."""
        self._view.look()
        held = {one.number for one in self._held.values()}
        gone = [
            trial.number
            for trial in self._view.book.running.values()
            if trial.number not in held and (trial.worker == worker or self._beats.is_gone(trial))
        ]
        for number in gone:
            self._entries.give_up(number)
        if gone:
            self._view.look()

    def ended(self) -> tuple[TrialSeen, ...]:
        """One trial for each slot that has come to its end, after giving up those whose worker is gone."""
        self._again(self._reap)
        return self._view.book.ended()

    def is_over(self) -> bool:
        """Whether each slot has come to its end, as far as the last look goes."""
        return self._view.book.is_over(self.plan.trials)

    @property
    def at_work(self) -> int:
        """Trials that workers are at, as far as the last look goes."""
        return len(self._view.book.running)

    def needed(self) -> frozenset[str]:
        """Folders with what killed attempts have left, in which others will go on."""
        self._again(self._reap)
        openings = self._view.book.openings(self.plan.trials)
        return frozenset(opening.left.copy for opening in openings if opening.left is not None)

    @property
    def engine(self) -> "Study":
        """The study as the engine has it, for what it can tell of it."""
        return self._study

    def note_of_study(self, name: str, value: Any) -> None:
        """Keep something beside the trials."""
        self._again(lambda: self._study.set_user_attr(name, value))

    def noted(self, name: str) -> Any:
        """What was kept beside the trials; None where nothing was."""
        return self._again(lambda: self._study.user_attrs).get(name)


def _load(kept: Kept, name: str | None) -> "Read":
    """The study that is meant.

    Raises:
        UsageError: there is none of that name, or not one alone.
    """
    import optuna

    storage = kept.read()
    name = choose([study.study_name for study in storage.get_all_studies()], name)
    return storage, optuna.load_study(storage=storage, study_name=name, pruner=optuna.pruners.NopPruner())


def _begin(kept: Kept, plan: StudyPlan) -> "Read":
    """A study with its plan, written in one piece.

    Raises:
        UsageError: there is one of its name.
    """
    import optuna

    which = optuna.study.StudyDirection
    direction = which.MAXIMIZE if plan.higher_is_better else which.MINIMIZE
    storage = kept.read()
    with kept.together():
        if plan.name in {study.study_name for study in storage.get_all_studies()}:
            raise taken(plan.name)
        study = optuna.create_study(
            storage=storage, study_name=plan.name, direction=direction, pruner=optuna.pruners.NopPruner()
        )
        write_plan(study, plan)
    return storage, study
