"""Whether rows that the model trains on come back in its evaluation."""

import weakref
from collections import deque
from dataclasses import dataclass, field

from torch import Tensor
from torch.nn import Module

from wellfit.model.events.data import RowsCompared
from wellfit.model.place import Place
from wellfit.observe.clock import is_glance
from wellfit.observe.moments import Forward, LoaderStarted
from wellfit.observe.places import place_of, stack_of, user_frame
from wellfit.observe.probe import Probe
from wellfit.observe.rows import hash_rows, hash_telling_rows, is_readable
from wellfit.observe.watch import Watch

WHOLE_ROWS = 2048
"""Training rows of which every one is hashed, from the start on: the first epochs of small data sets."""

LATER_ROWS = 8
"""Rows hashed after that of a training batch, in sampled iterations and glances."""

RECENT = 128
"""Latest training rows, whose share of known ones says how much of the training set is known."""

FEWEST_RECENT = 32
"""Rows that such a share needs."""

MOST_HASHES = 1 << 16
"""Training rows remembered: half a megabyte."""

EVALUATION_ROWS = 4096
"""Rows remembered of an evaluation."""

MOST_EVALUATIONS = 6
"""Evaluations that are followed."""

MIN_ROWS = 8
"""Rows that a call needs to be taken for an evaluation: an agent asks about single states."""

LATE_OPTIMIZER = 8
"""Iterations after which a new optimizer begins a new training, such as the next fold."""


@dataclass
class _Evaluation:
    number: int
    place: Place | None
    dataset: int | None
    passes: int = 0
    duplicates: int = 0
    hashes: set[int] = field(default_factory=set)


@dataclass
class _Training:
    """Rows that one root trains on, and its evaluations."""

    hashes: set[int] = field(default_factory=set)
    read: int = 0
    settled: bool = False
    recent: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))
    datasets: set[int] = field(default_factory=set)
    evaluations: dict[object, _Evaluation] = field(default_factory=dict)

    def settle(self) -> None:
        """From here on only some rows are hashed; those of a first epoch were new, whatever is known now."""
        if not self.settled and 2 * sum(self.recent) < len(self.recent):
            self.recent.clear()
        self.settled = True


class EvaluatedRowsProbe(Probe):
    """Writes `RowsCompared`."""

    emits = (RowsCompared,)
    always = frozenset({"forward", "loader", "plain_forward"})
    glances = frozenset({"plain_forward"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._trainings: dict[int, tuple[weakref.ref[Module], _Training]] = {}
        self._dataset: int | None = None
        self._read_by = ""
        self._optimizers = 0
        self._count = 0

    def on_loader(self, started: LoaderStarted) -> None:
        """A data set is about to be read; the next forward shows by whom."""
        self._dataset, self._read_by = id(started.loader.dataset), ""

    def on_forward(self, forward: Forward) -> None:
        """A batch to train on, or one of an evaluation."""
        if not forward.root.has_parameters:
            return
        if not self._read_by:
            self._read_by = "training" if forward.grad else "evaluation"
        given = next((a for a in (*forward.args, *forward.kwargs.values()) if is_readable(a)), None)
        if given is None or (given.device.type != "cpu" and not self.watch.clock.sampled):
            return
        if not self.watch.may_compute():
            return
        if forward.grad:
            self._train(self._training_of(forward.module), given)
        elif forward.module in self:
            self._evaluate(self._training_of(forward.module), forward, given)

    def _listen_to_all(self) -> None:
        """Every training call is heard until enough rows of each training are read."""
        if any(t.read < WHOLE_ROWS for _, t in self._trainings.values()) != ("plain_forward" in self.always):
            self.always ^= {"plain_forward"}
            self.watch.listen_again()

    def __contains__(self, module: Module) -> bool:
        reference, _ = self._trainings.get(id(module), (None, None))
        return reference is not None and reference() is module

    def _training_of(self, module: Module) -> _Training:
        self._begin_anew()
        if module not in self:
            self._trainings[id(module)] = (weakref.ref(module), _Training())
            self._listen_to_all()
        return self._trainings[id(module)][1]

    def _begin_anew(self) -> None:
        optimizers = self.watch.optimizers.stepped
        if optimizers != self._optimizers:
            self._optimizers = optimizers
            if self.watch.clock.iteration > LATE_OPTIMIZER:
                self._trainings.clear()

    def _train(self, training: _Training, given: Tensor) -> None:
        if self._read_by == "training" and self._dataset is not None:
            training.datasets.add(self._dataset)
        most = given.shape[0]
        if training.read >= WHOLE_ROWS:
            if not self._looks_again() or len(training.hashes) >= MOST_HASHES:
                return
            most = LATER_ROWS
            training.settle()
        hashed = hash_rows(given, most)
        training.read += len(hashed)
        training.recent.extend(h in training.hashes for h in hashed)
        training.hashes.update(hashed)
        self._listen_to_all()

    def _looks_again(self) -> bool:
        return self.watch.clock.sampled or is_glance(self.watch.clock.iteration)

    def _evaluate(self, training: _Training, forward: Forward, given: Tensor) -> None:
        if given.shape[0] < MIN_ROWS or forward.root.calls.was_given(given):
            return  # a model is often called without gradients on the batch it trains on
        frame = user_frame(forward.frame.f_back)
        dataset = self._dataset if self._read_by == "evaluation" else None
        first = hash_rows(given, 1)
        key = (stack_of(frame), dataset or (*first, given.shape[0]))
        evaluation = training.evaluations.get(key)
        if evaluation is None:
            if len(training.evaluations) >= MOST_EVALUATIONS:
                return
            place = None if frame is None else place_of(frame)
            evaluation = training.evaluations[key] = _Evaluation(self._count, place, dataset)
            self._count += 1
        self._read(evaluation, given, again=dataset is None and evaluation.passes > 0)
        if evaluation.passes & (evaluation.passes - 1) == 0 and evaluation.hashes:
            self._write(training, evaluation)

    def _read(self, evaluation: _Evaluation, given: Tensor, *, again: bool) -> None:
        evaluation.passes += 1
        room = EVALUATION_ROWS - len(evaluation.hashes)
        if again or room <= 0:
            return
        hashed = hash_telling_rows(given, room)
        evaluation.duplicates += len(hashed) - len(set(hashed))
        evaluation.hashes.update(hashed)

    def _write(self, training: _Training, evaluation: _Evaluation) -> None:
        source = "unknown"
        if evaluation.dataset is not None:
            source = "training" if evaluation.dataset in training.datasets else "own"
        both = len(evaluation.hashes & training.hashes)
        known = sum(training.recent) / len(training.recent) if len(training.recent) >= FEWEST_RECENT else 0.0
        self.watch.emit(
            RowsCompared(
                evaluation=evaluation.number,
                step=self.watch.clock.step,
                place=evaluation.place,
                passes=evaluation.passes,
                rows=len(evaluation.hashes),
                trained=both,
                duplicates=evaluation.duplicates,
                training_rows=len(training.hashes),
                training_known=round(known, 4),
                source=source,
            )
        )
