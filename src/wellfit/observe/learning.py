"""Follows models in training: keeps some of their batches, and finds out how their answers reach their loss."""

import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from torch.nn import Module

from wellfit.observe import adapter
from wellfit.observe.answers import Answers, Caught, Route, evaluating, routes, score_answers
from wellfit.observe.budget import Budget
from wellfit.observe.calls import first_tensor
from wellfit.observe.dry_look import snapshot
from wellfit.observe.fitting import Called, Student, is_alike
from wellfit.observe.kept import keep
from wellfit.observe.looks import look, may_look
from wellfit.observe.moments import Forward, LossCall
from wellfit.observe.roots import mode_matters
from wellfit.observe.side_run import attempt
from wellfit.observe.targets import learn_kind
from wellfit.observe.variables import variables_beside
from wellfit.observe.watch import Watch

GAPLESS = 48
"""Training calls heard from the start, among which the kept batches are spread."""

REFRESH = 4
"""Training calls heard after an evaluation, whose batches take the place of older ones."""

REFRESH_GAP = 32
"""Iterations between two such stretches."""

MOST_STUDENTS = 8
"""Models that are followed."""


class Learning:
    """The models in training, and the passes over their data.

    Args:
        collecting: training calls that are still to be heard one after the other.
        reading: the data set that is read now, and by whom: training, evaluation, or not known yet.
        datasets: those that were trained on, by id.
    """

    def __init__(self, watch: Watch, budget: Budget) -> None:
        self.students: dict[int, Student] = {}
        self.collecting = GAPLESS
        self.dataset: int | None = None
        self.read_by = ""
        self.datasets: set[int] = set()
        self._watch = watch
        self._budget = budget
        self._called: Called | None = None
        self._together: tuple[int, set[int]] = (0, set())
        self._refreshed = 0
        self._epoch = 0
        self._epoch_began = 0
        self._per_epoch: int | None = None

    # --- calls of the model ---

    def call(self, forward: Forward) -> None:
        """A training call."""
        index = forward.root.index
        if index not in self.students and not self.collecting and len(self.students) < MOST_STUDENTS:
            self.collecting = GAPLESS  # the next fold, say
        if not self.read_by:
            self._begin_epoch()
        if not self.collecting and not self._watch.clock.sampled:
            return
        self._note_together(index)
        earlier, self._called = self._called, None
        if not self._watch.may_compute():
            return
        called = Called(forward.root, weakref.ref(forward.module), forward.args, forward.kwargs, forward.training)
        called.repeated = earlier is not None and earlier.root is forward.root and not earlier.losses
        self._called = called
        if forward.root.looked is not None or may_look(self._watch):
            self._look(called, forward)

    def forget_call(self) -> None:
        """The iteration is over: let go of its batch."""
        self._called = None

    def _look(self, called: Called, forward: Forward) -> None:
        looked = forward.root.looked
        if looked is None:
            if sum(root.looked is not None for root in self._watch.roots.all) < MOST_STUDENTS:
                look(self._watch, forward)
            return
        student = self.students.get(forward.root.index)
        called.looked = looked.pending is None
        if called.looked and (student is None or student.route is None):
            called.beside = list(variables_beside(forward.frame.f_back))

    def _begin_epoch(self) -> None:
        self.read_by = "training"
        if self.dataset is None:
            return
        iteration = self._watch.clock.iteration
        if self._epoch and iteration > self._epoch_began:
            self._per_epoch = iteration - self._epoch_began
        self._epoch, self._epoch_began = self._epoch + 1, iteration
        self.datasets.add(self.dataset)

    def _note_together(self, index: int) -> None:
        iteration, roots = self._together
        if iteration != self._watch.clock.iteration:
            self._together = (self._watch.clock.iteration, {index})
        else:
            roots.add(index)

    # --- calls of its loss ---

    def hear(self, call: LossCall) -> None:
        """A loss with gradients."""
        if self._called is not None and self._watch.may_compute():
            self._learn(self._called, call)

    def _learn(self, called: Called, call: LossCall) -> None:
        module = called.module()
        student = self._student_of(called)
        if module is None or student is None or student.refused:
            return
        if called.losses:
            if all(target() is not call.target for target in called.losses):
                student.odd += 1
                student.odd_reason = "its answers are held against several targets"
            return
        called.losses.append(weakref.ref(call.target))
        student.calls += 1
        student.function = student.function or call.function
        if call.function != student.function:
            student.odd += 1
            student.odd_reason = "its answers are given to several loss functions"
            return
        student.in_training_mode |= called.training
        self._note_odd(student, called)
        if student.route is None:
            self._find_route(student, called, call)
        called.beside = []
        if self.collecting:
            self._keep(student, called, call)

    def _note_odd(self, student: Student, called: Called) -> None:
        _, kinds = self._together
        if called.repeated:
            student.odd += 1
            student.odd_reason = "it is called several times for one loss"
        elif len(kinds) > 1:
            student.odd += 1
            student.odd_reason = f"{len(kinds)} models are trained together"

    def _student_of(self, called: Called) -> Student | None:
        index = called.root.index
        if index not in self.students and len(self.students) < MOST_STUDENTS:
            self.students[index] = Student(called.root)
        return self.students.get(index)

    def student_behind(self, forward: Forward) -> Student | None:
        """The student that is called, or one of the same class: an average of its weights, say."""
        known = self.students.get(forward.root.index)
        if known is not None or forward.grad:
            return known
        students = (s for s in self.students.values() if s.root.kind == forward.root.kind)
        return next((s for s in students if _is_twin(s, forward.module)), None)

    def _keep(self, student: Student, called: Called, call: LossCall) -> None:
        """Keep a copy of the batch, where it is one to keep."""
        self.collecting -= 1
        renewing = self._refreshed > 0
        if renewing or student.spread is None or student.spread.wants(student.calls):
            batch = keep(called.args, called.kwargs, call, self._epoch)
            if isinstance(batch, str):
                student.refused = batch
            elif renewing:
                student.renew(batch)
            else:
                student.offer(student.calls, batch)
        if not self.collecting:
            self._called = None

    def refresh(self) -> None:
        """An evaluation is over: hear a few batches of what comes now."""
        iteration = self._watch.clock.iteration
        if not self.collecting and iteration - self._refreshed >= REFRESH_GAP:
            self._refreshed, self.collecting = iteration, REFRESH

    def rows_per_epoch(self, student: Student) -> int | None:
        """Training samples of one pass over the data, or of the first one so far; None where no loader is read."""
        if not student.batches or not self._epoch:
            return None
        iterations = self._per_epoch or self._watch.clock.iteration - self._epoch_began
        return iterations * student.batches[0].samples or None

    # --- from what the model returns to its loss ---

    def _find_route(self, student: Student, called: Called, call: LossCall) -> None:
        """Once it is known that the model may be called: how what it returns becomes what its loss is given."""
        module, looked = called.module(), called.root.looked
        if module is None or looked is None or not called.looked:
            return
        if adapter.forward_is_running(module):
            student.route = Route(inside=True)
            return
        if looked.reason:
            student.refused = f"{called.root.kind} cannot be called beside the training: {looked.reason}"
            return
        before, began = snapshot(module), time.thread_time()
        with self._budget.counted():
            found = attempt(lambda: self._search_route(called, call))
        student.forward_s = time.thread_time() - began
        if isinstance(found, Route):
            student.route = found
            given = first_tensor(called.args, called.kwargs)
            student.kind = None if given is None else learn_kind(called.beside, given, call.target)
        else:
            student.refused = found if " " in found else f"its call in evaluation mode raised {found}"
        if snapshot(module) != before:
            student.refused = "a call in evaluation mode changed what the model holds"

    def _search_route(self, called: Called, call: LossCall) -> Route | str:
        module = called.module()
        if module is None:
            return "the model is gone"
        with evaluating(module, self.catching) as evaluation:
            answers = evaluation.answer(called.args, called.kwargs)
        found = routes(answers.outputs, call.function, tuple(call.input.shape))
        if not any(m.training and mode_matters(m) for m in module.modules()):
            found = [route for route in found if _agrees(route, answers, call)]
            return found[0] if found else "what reaches its loss is not what it returns"
        return found[0] if len(found) == 1 else "what reaches its loss cannot be told among what it returns"

    @contextmanager
    def catching(self, caught: list[Caught]) -> Iterator[None]:
        """Calls of loss functions within a model that we call go into the list."""
        self._watch.overheard = caught
        try:
            yield
        finally:
            self._watch.overheard = None


def _is_twin(student: Student, module: Module) -> bool:
    """Whether a model has the very shapes of a student's."""
    other = student.root.reference()
    if other is None:
        return False
    shapes = [[(name, p.shape) for name, p in one.named_parameters()] for one in (other, module)]
    return shapes[0] == shapes[1]


def _agrees(route: Route, answers: Answers, call: LossCall) -> bool:
    """Whether what came by this route says the same as what reached the loss."""
    given = route.given(answers.outputs)
    if given is None:
        return False
    ours = score_answers(call.function, given, call.target, call.options, samples=len(given))
    theirs = score_answers(call.function, call.input, call.target, call.options, samples=len(given))
    return is_alike(ours or [], theirs or [])
