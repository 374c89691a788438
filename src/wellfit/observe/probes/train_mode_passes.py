"""Passes without gradients over modules that were left in training mode."""

import weakref
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from wellfit.model.events.evaluation import Excuse, TrainModePassSeen
from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.calls import first_tensor
from wellfit.observe.cycle import parameters_of
from wellfit.observe.moments import Forward, LoaderStarted, ModeSet, Step
from wellfit.observe.probe import Probe
from wellfit.observe.roots import Root, mode_matters
from wellfit.observe.rows import row_keys
from wellfit.observe.scoring import Scoring, modes_may_be_on
from wellfit.observe.watch import Watch

MOST_ROOTS = 32
"""Modules that are followed."""

MOST_PASSES = 6
"""Passes of one module that are looked at and written; a rollout makes one at each step, forever."""

MOST_LOOKED_AT = 3
"""Calls of one pass that are watched operation by operation."""

MOST_HASHED = 64
"""Calls of one pass whose rows are hashed."""

REPEATS = 4
"""Times the same row comes in one pass before the module counts as a sampler; train, validation and test sets of a
graph share their rows three times."""

MINING_RATIO = 10
"""Rows of a pass for each row trained on next, up to which the pass may have chosen these."""


@dataclass
class _Pass:
    place: Place | None
    layers: dict[str, int]
    calls: int = 0
    looked_at: int = 0
    scored: int = 0
    rows: int = 0
    against: dict[str, None] = field(default_factory=dict)
    hashes: Counter[int] = field(default_factory=Counter)
    latest: list[int] = field(default_factory=list)
    scored_rows: set[int] = field(default_factory=set)
    scoring: Scoring | None = None

    def settle(self) -> None:
        """The call that was followed is over."""
        if self.scoring is not None and self.scoring.against is not None:
            self.scored += 1
            self.against[self.scoring.against] = None
            self.scored_rows.update(self.latest)
        self.scoring = None


@dataclass
class _Student:
    """A root that is trained: the rows of its latest watched training call, and its running pass."""

    root: Root
    rows: frozenset[int] = frozenset()
    batch: int = 0
    constant: bool = False
    trained: bool = False
    written: int = 0
    running: _Pass | None = None


class TrainModePassesProbe(Probe):
    """Writes `TrainModePassSeen`."""

    emits = (TrainModePassSeen,)
    always = frozenset({"forward", "loader", "mode_set"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._students: dict[int, _Student] = {}
        self._stepped: set[int] = set()
        self._optimizers: set[int] = set()
        self._source: weakref.ref[Any] | None = None
        self._trained_on: list[weakref.ref[Any]] = []
        self._following = False

    def on_step_end(self, step: Step) -> None:
        """Which parameters are trained."""
        if step.index not in self._optimizers:
            self._optimizers.add(step.index)
            self._stepped.update(id(p) for p in parameters_of(step.optimizer))

    def on_loader(self, started: LoaderStarted) -> None:
        """From here on the data come from this loader."""
        self._stop()
        try:
            self._source = weakref.ref(started.loader.dataset)
        except TypeError:  # a list, say
            self._source = None

    def on_mode_set(self, _: ModeSet) -> None:
        """The mode is about to change, and with it what our own mode may look at."""
        self._stop()

    def on_forward(self, forward: Forward) -> None:
        """A training call ends a pass, another may begin or continue one."""
        if not forward.root.has_parameters:  # a loss or a metric, which belongs to the call that is followed
            return
        self._stop()
        if forward.grad:
            self._train(forward)
        elif forward.training:
            self._call(forward)

    def _stop(self) -> None:
        if self._following:
            self._following = False
            self.watch.lines.remove()

    def _train(self, forward: Forward) -> None:
        student = self._students.get(forward.root.index)
        if student is None:
            if len(self._students) >= MOST_ROOTS:
                return
            student = self._students[forward.root.index] = _Student(forward.root)
        student.trained = True
        if student.running is None and not self.watch.clock.sampled:
            return
        before = student.rows
        self._read_training_rows(student, forward)
        self._note_source()
        if student.running is not None:
            self._conclude(student, before | student.rows)

    def _read_training_rows(self, student: _Student, forward: Forward) -> None:
        given = first_tensor(forward.args, forward.kwargs)
        if given is None or not self.watch.may_compute():
            student.rows, student.batch, student.constant = frozenset(), 0, False
            return
        rows = frozenset(row_keys(given))
        student.constant = rows == student.rows
        student.rows, student.batch = rows, len(given)

    def _note_source(self) -> None:
        if self._source is not None and not self._is_trained_on() and len(self._trained_on) < MOST_ROOTS:
            self._trained_on.append(self._source)

    def _is_trained_on(self) -> bool:
        source = None if self._source is None else self._source()
        return any(known() is source for known in self._trained_on)

    def _call(self, forward: Forward) -> None:
        student = self._students.get(forward.root.index)
        if student is None or student.written >= MOST_PASSES or not self.watch.may_compute():
            return
        if student.running is None:
            student.running = self._begin(forward)
        if student.running is not None and not adapter.optimizer_is_stepping(forward.frame):
            self._add(student.running, forward)

    def _begin(self, forward: Forward) -> _Pass | None:
        if self._stepped.isdisjoint(forward.root.names):
            return None
        acting = Counter(type(m).__name__ for m in forward.module.modules() if m.training and mode_matters(m))
        return _Pass(forward.place, dict(acting)) if acting else None

    def _add(self, running: _Pass, forward: Forward) -> None:
        running.settle()
        running.calls += 1
        given = first_tensor(forward.args, forward.kwargs)
        running.latest = []
        if given is not None:
            running.rows += len(given)
            running.latest = row_keys(given) if running.calls <= MOST_HASHED else []
            running.hashes.update(running.latest)
        if running.looked_at < MOST_LOOKED_AT and modes_may_be_on(forward.module):
            self._follow(running, forward)

    def _follow(self, running: _Pass, forward: Forward) -> None:
        elsewhere = self._source is not None and bool(self._trained_on) and not self._is_trained_on()
        scoring = Scoring(forward, elsewhere=elsewhere)
        if self.watch.follow_operations(self, scoring.listen):
            self._following = True
            running.scoring = scoring
            running.looked_at += 1

    def _conclude(self, student: _Student, trained_on: frozenset[int]) -> None:
        running, student.running = student.running, None
        if running is None:
            return
        running.settle()
        student.written += 1
        self.watch.emit(
            TrainModePassSeen(
                step=self.watch.clock.step,
                root=student.root.index,
                kind=student.root.kind,
                place=running.place,
                calls=running.calls,
                looked_at=running.looked_at,
                scored=running.scored,
                against=tuple(running.against),
                rows=running.rows,
                layers=running.layers,
                excuse=_excuse(running, student, trained_on),
            )
        )

    def end(self) -> None:
        """The last pass ends with the run."""
        self._stop()
        for student in self._students.values():
            self._conclude(student, student.rows)


def _excuse(running: _Pass, student: _Student, trained_on: frozenset[int]) -> Excuse:
    rows = running.scored_rows or running.hashes.keys()
    often = sum(running.hashes[row] >= REPEATS for row in rows)
    if often > len(rows) / 2:
        return "repeated"
    near = running.rows <= MINING_RATIO * student.batch
    if near and not student.constant and not trained_on.isdisjoint(running.hashes):
        return "reused"
    return ""
