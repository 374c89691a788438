"""How well the model answers on rows that it trains on and on rows that it is evaluated on, scored alike."""

import math
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor

from wellfit.model.events.fit import FitRefused, FitScored
from wellfit.model.score import Score, pooled
from wellfit.observe import adapter
from wellfit.observe.answers import (
    SCORED,
    Answers,
    Caught,
    Evaluation,
    Route,
    evaluating,
    routes,
    score_answers,
    score_batch,
    score_caught,
)
from wellfit.observe.calls import first_tensor
from wellfit.observe.dry_look import snapshot
from wellfit.observe.fitting import Called, Evaluated, Pass, Pending, Student, constant_answer, errors_of, keys_of
from wellfit.observe.kept import Batch, Spread, keep
from wellfit.observe.looks import look, may_look, refusal
from wellfit.observe.moments import Backward, Forward, LoaderStarted, LossCall
from wellfit.observe.places import place_of, stack_of, user_frame
from wellfit.observe.probe import Probe
from wellfit.observe.roots import mode_matters
from wellfit.observe.side_run import attempt
from wellfit.observe.targets import find_target, learn_kind
from wellfit.observe.variables import variables_beside
from wellfit.observe.watch import Watch

GAPLESS = 48
"""Training calls heard from the start, among which the kept batches are spread."""

REFRESH = 4
"""Training calls heard after an evaluation, whose batches take the place of older ones."""

REFRESH_GAP = 32
"""Iterations between two such stretches."""

SHARE = 0.01
"""Of the elapsed time that scoring may take."""

FREE_S = 0.05
"""Seconds beyond that for evaluations since whose last scoring the run has grown by `GROWTH`: a short run too is scored
near its end."""

GROWTH = 1.5

FIRST_S = 0.05
"""Seconds more for an evaluation that was never scored: the one after the training comes once."""

LOOKING = 4
"""A forward that is looked at, with gradients on, takes about so many times what one of evaluation takes."""

COLD_S = 0.01
"""Seconds that the very first call takes for what it has to load, and no later one."""

COLD = 4
"""The first scoring takes about so many times what a later one takes."""

MOST_CALLS = 16
"""Calls of the model that are scored of a pass whose length is known."""

ROOM = 32
"""The same of the first pass."""

MOST_EVALUATIONS = 32
MOST_STUDENTS = 8

FRUITLESS = 2
"""Passes without targets after which an evaluation is left alone."""

HASHED_ROWS = 64
"""Rows of a call that are looked for among the training rows."""

LEAST_SEEN = 0.5
"""Share of a pass that the scored calls must be spread over: a part of it may hold some classes only."""

_NO_STUDENT = (
    "no loss function of torch.nn.functional was given what a model answers",
    "compute the loss by one, such as mse_loss",
)
_BASE = frozenset({"forward", "loader"})
_COLLECTING = frozenset({"plain_forward", "loss_call"})
_SCORING = frozenset({"loss_call", "backward"})


class FitScoresProbe(Probe):
    """Writes `FitScored` and `FitRefused`."""

    emits = (FitScored, FitRefused)
    essential = True
    always = _BASE | _COLLECTING

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._students: dict[int, Student] = {}
        self._evaluations: dict[object, Evaluated] = {}
        self._called: Called | None = None
        self._pass: Pass | None = None
        self._passed_over: object = None
        self._trained: tuple[int, int, list[list[Score]]] | None = None
        self._together: tuple[int, set[str]] = (0, set())
        self._heard = 0
        self._collecting = GAPLESS
        self._refreshed = 0
        self._dataset: int | None = None
        self._read_by = ""
        self._datasets: set[int] = set()
        self._epoch = 0
        self._epoch_began = 0
        self._per_epoch: int | None = None
        self._spent_s = 0.0
        self._since_s: float | None = None
        self._born_s = time.monotonic() - time.process_time()
        self._reason = ("", "")
        self._written = 0

    # --- moments ---

    def on_loader(self, started: LoaderStarted) -> None:
        """A data set is about to be read; the next forward shows by whom."""
        self._dataset, self._read_by = id(started.loader.dataset), ""

    def on_plain_forward(self, forward: Forward) -> None:
        """One more training call."""
        self.on_forward(forward)

    def on_forward(self, forward: Forward) -> None:
        """A training call, or one of an evaluation."""
        if not forward.root.has_parameters:
            return
        student = self._student_behind(forward)
        if forward.grad and (forward.training or student is None or not student.in_training_mode):
            self._train(forward)
        elif student is not None:
            with self._counted():
                self._evaluate(student, forward)

    def on_loss_call(self, call: LossCall) -> None:
        """What a model answered is held against targets."""
        if call.function not in SCORED:
            return
        running = self._pass
        if running is not None and running.pending is not None and (running.grad or not call.grad):
            with self._counted():
                self._hear(running, running.pending, call)
        elif call.grad and self._called is not None and self.watch.may_compute():
            self._learn(self._called, call)

    def on_backward(self, backward: Backward) -> None:
        """A pass that is trained on was no evaluation."""
        del backward
        if self._pass is not None and self._pass.grad:
            self._pass.student.in_training_mode = False
            self._pass = None
            self._listen()

    def end(self) -> None:
        """The last evaluation ends with the run."""
        self._close()
        if not self._written:
            self.watch.emit(FitRefused(self.watch.clock.step, *self._final_reason()))

    def _final_reason(self) -> tuple[str, str]:
        students = [s for s in self._students.values() if s.calls]
        if self._reason[0] or not students:
            return self._reason if self._reason[0] else _NO_STUDENT
        odd = next((s.odd_reason for s in students if 2 * s.odd > s.calls), "")
        refused = odd or next((s.refused for s in students if s.refused), "")
        if refused:
            return refused, ""
        return f"{students[0].root.kind} was not evaluated", "evaluate it on held-out rows, under torch.no_grad()"

    # --- training ---

    def _train(self, forward: Forward) -> None:
        if self._pass is not None:
            self._close()
        self._passed_over = None
        if not self._read_by:
            self._begin_epoch()
        sampled = self.watch.clock.sampled
        if not sampled and not self._collecting:
            return
        self._note_together(forward)
        earlier, self._called = self._called, None
        if not self.watch.may_compute():
            return
        called = Called(forward.root, weakref.ref(forward.module), forward.args, forward.kwargs, forward.training)
        called.repeated = earlier is not None and earlier.root is forward.root and not earlier.losses
        self._called = called
        if sampled and (forward.root.looked is not None or may_look(self.watch)):
            self._look(called, forward)

    def _look(self, called: Called, forward: Forward) -> None:
        looked = forward.root.looked
        if looked is None:
            if sum(root.looked is not None for root in self.watch.roots.all) < MOST_STUDENTS:
                look(self.watch, forward)
            return
        student = self._students.get(forward.root.index)
        called.looked = looked.pending is None
        if called.looked and (student is None or student.route is None):
            called.beside = list(variables_beside(forward.frame.f_back))

    def _begin_epoch(self) -> None:
        self._read_by = "training"
        if self._dataset is None:
            return
        iteration = self.watch.clock.iteration
        if self._epoch and iteration > self._epoch_began:
            self._per_epoch = iteration - self._epoch_began
        self._epoch, self._epoch_began = self._epoch + 1, iteration
        self._datasets.add(self._dataset)

    def _note_together(self, forward: Forward) -> None:
        iteration, kinds = self._together
        if iteration != self.watch.clock.iteration:
            self._together = (self.watch.clock.iteration, {f"{forward.root.index} {forward.root.kind}"})
        else:
            kinds.add(f"{forward.root.index} {forward.root.kind}")

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
        student.in_training_mode |= called.training
        self._note_odd(student, called)
        if student.route is None:
            self._find_route(student, called, call)
        called.beside = []
        if self._collecting:
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
        if index not in self._students and len(self._students) < MOST_STUDENTS:
            self._students[index] = Student(called.root)
        return self._students.get(index)

    def _student_behind(self, forward: Forward) -> Student | None:
        """The student that is called, or one of the same class: an average of its weights, say."""
        known = self._students.get(forward.root.index)
        if known is not None or forward.grad:
            return known
        return next((s for s in self._students.values() if s.root.kind == forward.root.kind), None)

    def _keep(self, student: Student, called: Called, call: LossCall) -> None:
        """Keep a copy of the batch, where it is one to keep."""
        self._collecting -= 1
        renewing = self._refreshed > 0
        if renewing or student.spread is None or student.spread.wants(student.calls):
            batch = keep(called.args, called.kwargs, call, self._epoch)
            if isinstance(batch, str):
                student.refused = batch
            elif renewing:
                student.renew(batch)
            else:
                student.offer(student.calls, batch)
        if not self._collecting:
            self._called = None
            self._listen()

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
        with self._counted():
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
        with evaluating(module, self._catching) as evaluation:
            answers = evaluation.answer(called.args, called.kwargs)
        found = routes(answers.outputs, call.function, tuple(call.input.shape))
        if not any(m.training and mode_matters(m) for m in module.modules()):
            found = [route for route in found if _agrees(route, answers, call)]
            return found[0] if found else "what reaches its loss is not what it returns"
        return found[0] if len(found) == 1 else "what reaches its loss cannot be told among what it returns"

    # --- evaluations ---

    def _evaluate(self, student: Student, forward: Forward) -> None:
        given = first_tensor(forward.args, forward.kwargs)
        if given is None or not self._is_ready(student, forward):
            return
        if not forward.grad and any(root.calls.was_given(given) for root in (forward.root, student.root)):
            return  # a model is often called without gradients on the batch it trains on
        frame = user_frame(forward.frame.f_back)
        if not self._read_by:
            self._read_by = "evaluation"
        dataset = self._dataset if self._read_by == "evaluation" else None
        key = (forward.root.index, stack_of(frame), dataset)
        if key == self._passed_over:
            return
        if self._pass is None or self._pass.evaluated.key != key:
            self._close()
            self._open(key, student, forward)
        if self._pass is not None:
            self._call(self._pass, forward, given)

    def _is_ready(self, student: Student, forward: Forward) -> bool:
        """Whether all is known that scoring needs; else the reason why not is noted."""
        if student.calls and 2 * student.odd > student.calls:
            return self._refuse(student.odd_reason)
        if student.refused:
            return self._refuse(student.refused)
        reason = refusal(self.watch, forward.module)
        if reason:
            return self._refuse(f"{student.root.kind} cannot be called beside the training: {reason}")
        if student.route is None or not student.batches:
            return self._refuse("an evaluation came before enough training steps were seen")
        looked = student.root.looked
        if looked is None or looked.reason:
            why = "nobody looked at it" if looked is None else looked.reason
            return self._refuse(f"{student.root.kind} cannot be called beside the training: {why}")
        return not adapter.optimizer_is_stepping(forward.frame)

    def _refuse(self, reason: str, remedy: str = "") -> bool:
        self._reason = (reason, remedy)
        return False

    def _open(self, key: object, student: Student, forward: Forward) -> None:
        evaluated = self._evaluations.get(key)
        if evaluated is None and len(self._evaluations) < MOST_EVALUATIONS:
            frame = user_frame(forward.frame.f_back)
            number = len(self._evaluations)
            source = "unknown" if key[2] is None else "training" if key[2] in self._datasets else "own"  # type: ignore[index]
            place = None if frame is None else place_of(frame)
            evaluated = self._evaluations[key] = Evaluated(key, number, place, source)
        if evaluated is None or evaluated.fruitless >= FRUITLESS or not self._affords(evaluated, student):
            self._passed_over = key
            return
        spent = self._spent_now_s
        train = self._score_training(student, forward)
        if train is None:
            self._passed_over = key
            return
        stride = max(1, evaluated.calls // MOST_CALLS)
        spread: Spread[tuple[int, list[Score]]] = Spread(ROOM, stride)
        self._pass = Pass(evaluated, student, train, spread, forward.grad, spent)
        self._listen()

    def _affords(self, evaluated: Evaluated, student: Student) -> bool:
        looked = student.root.looked
        forward_s = student.forward_s or (looked.elapsed_s / LOOKING if looked is not None else 0.0)
        guess = COLD_S + len(student.batches) * max(0.0, forward_s - COLD_S)
        expected = guess if evaluated.cost_s is None else evaluated.cost_s
        grown = self.watch.clock.step >= GROWTH * evaluated.step
        affords = self._spent_now_s + expected <= self._allowed_s(evaluated, grown=grown)
        if not affords and not self._written:
            self._refuse(f"scoring takes more than {SHARE:.0%} of the time so far", "let it train longer")
        return affords

    def _allowed_s(self, evaluated: Evaluated, *, grown: bool) -> float:
        free = (FREE_S if grown else 0.0) + (0.0 if evaluated.passes else FIRST_S)
        return free + SHARE * (time.monotonic() - self._born_s)

    def _score_training(self, student: Student, forward: Forward) -> list[list[Score]] | None:
        now = (self.watch.clock.step, forward.root.index)
        if self._trained is not None and self._trained[:2] == now:
            return self._trained[2]
        scored = attempt(lambda: self._answer_training(student, forward))
        if isinstance(scored, str):
            self._refuse(f"a call of {student.root.kind} in evaluation mode raised {scored}")
            return None
        if not scored:
            self._refuse("what the model answers on training rows does not fit their targets")
            return None
        self._trained = (*now, scored)
        return scored

    def _answer_training(self, student: Student, forward: Forward) -> list[list[Score]]:
        with evaluating(forward.module, self._catching) as evaluation:
            if student.joins:
                joined = student.all_as_one()
                return self._answers_to(student, [] if joined is None else [joined], evaluation)
            scored = self._answers_to(student, student.batches, evaluation)
            if student.joins is None and len(scored) > 1:
                joined = student.all_as_one()
                at_once = [] if joined is None else self._answers_to(student, [joined], evaluation)
                student.joins = bool(at_once) and is_alike(flat(at_once), flat(scored))
        return scored

    def _answers_to(self, student: Student, batches: Sequence[Batch], evaluation: Evaluation) -> list[list[Score]]:
        route = student.route or Route(inside=False)
        scored = [score_batch(evaluation.answer(b.args, b.kwargs), b, route) for b in batches]
        return [parts for parts in scored if parts is not None]

    def _call(self, running: Pass, forward: Forward, given: Tensor) -> None:
        """One more call of the model in the pass."""
        running.settle()
        index, running.calls = running.calls, running.calls + 1
        if running.truncated or not running.spread.wants(index):
            return
        keys = keys_of(given, HASHED_ROWS)
        running.student.hash_rows(self._rows_per_epoch(running.student))
        known = sum(key in running.student.keys for key in keys)
        if keys and 2 * known >= len(keys):
            running.passed_over += 1
            return
        running.hashed += len(keys)
        running.trained += known
        acts = forward.training and any(m.training and mode_matters(m) for m in forward.module.modules())
        pending = running.pending = Pending(index, len(given), acts)
        if self._needs_run(running, acts=acts):
            self._run(running, pending, forward)

    def _needs_run(self, running: Pass, *, acts: bool) -> bool:
        route = running.student.route
        if acts:
            return True
        return not running.evaluated.hears_loss and not (route is not None and route.inside)

    def _run(self, running: Pass, pending: Pending, forward: Forward) -> None:
        """Call the model as the script is about to, and look for the targets."""
        if self._spent_now_s > self._allowed_s(running.evaluated, grown=True) + FIRST_S:
            running.truncated, running.pending = True, None
            return
        student, route = running.student, running.student.route
        answers = attempt(lambda: self._answer_once(forward))
        if isinstance(answers, str) or route is None:
            return
        batch = student.batches[-1]
        if route.inside:
            pending.parts = score_caught(answers.caught, batch.function, pending.samples)
            return
        given = route.given(answers.outputs)
        pending.outputs = [] if given is None else [given]
        if student.kind is None or given is None:
            return
        for kept in student.batches:
            student.kind.widen(kept.target)
        first = first_tensor(forward.args, forward.kwargs)
        target = None if first is None else find_target(variables_beside(forward.frame.f_back), student.kind, first)
        if target is not None:
            pending.parts = score_answers(batch.function, given, target, batch.options, samples=pending.samples)

    def _answer_once(self, forward: Forward) -> Answers:
        with evaluating(forward.module, self._catching) as evaluation:
            return evaluation.answer(forward.args, forward.kwargs)

    def _hear(self, running: Pass, pending: Pending, call: LossCall) -> None:
        """The script's own evaluation computes a loss: there are the targets."""
        batch = running.student.batches[-1]
        alike = call.function == batch.function and call.input.dim() == len(batch.given_shape)
        if pending.heard or not alike or not self.watch.may_compute():
            return
        given = call.input if not pending.acts else next(iter(pending.outputs), None)
        if given is None:
            return
        parts = score_answers(call.function, given, call.target, call.options, samples=pending.samples)
        if parts is not None:
            pending.parts, pending.heard = parts, True
            running.evaluated.hears_loss = True

    def _rows_per_epoch(self, student: Student) -> int | None:
        """Training samples of one pass over the data, or of the first one so far; None where no loader is read."""
        if not student.batches or not self._epoch:
            return None
        iterations = self._per_epoch or self.watch.clock.iteration - self._epoch_began
        return iterations * student.batches[0].samples or None

    # --- the end of a pass ---

    def _close(self) -> None:
        """The pass is over: write what it scored."""
        running, self._pass = self._pass, None
        if running is None:
            return
        with self._counted():
            running.settle()
            self._write(running)
            self._begin_refresh()
            self._listen()
            running.evaluated.calls = running.calls
            cost = self._spent_now_s - running.spent_s
            running.evaluated.cost_s = min(cost, running.evaluated.cost_s or cost / COLD)

    def _write(self, running: Pass) -> None:
        event = self._event(running)
        if event is not None:
            running.evaluated.passes, running.evaluated.fruitless = running.evaluated.passes + 1, 0
            running.evaluated.step = event.step
            self._written += 1
            self.watch.emit(event)

    def _event(self, running: Pass) -> FitScored | None:
        evaluated, student = running.evaluated, running.student
        parts, train = flat([batch for _, batch in running.spread.items]), flat(running.train)
        validation, whole = pooled_alike(parts, train), pooled(train)
        if validation is None or whole is None:
            self._miss(running)
            return None
        samples = sum(samples for samples, _ in running.spread.items)
        train_samples = sum(batch.samples for batch in student.batches)
        per_epoch = self._rows_per_epoch(student)
        return FitScored(
            step=self.watch.clock.step,
            root=student.root.kind,
            place=evaluated.place,
            evaluation=evaluated.number,
            passes=evaluated.passes + 1,
            source=evaluated.source,
            train=whole,
            validation=validation,
            constant=constant_answer(whole.task, student.batches),
            train_errors=errors_of(running.train, train_samples, repeated=student.repeated),
            validation_errors=errors_of([batch for _, batch in running.spread.items], samples),
            train_samples=train_samples,
            validation_samples=samples,
            seen=round(running.seen, 4),
            hashed=running.hashed,
            trained=running.trained,
            known=min(1.0, len(student.keys) / per_epoch) if per_epoch else None,
            repeats=student.repeats,
            repeats_due=round(student.repeats_due, 2),
        )

    def _miss(self, running: Pass) -> None:
        if running.passed_over == running.calls:
            running.evaluated.trained = True
            self._refuse(
                "the only evaluation is of rows that are trained on", "evaluate on rows that are held out of training"
            )
        elif running.truncated:
            self._refuse(f"scoring the evaluation takes more than {SHARE:.0%} of the time", "let it train longer")
        else:
            running.evaluated.fruitless += 1
            self._refuse(
                "no targets were found for what the model answers in its evaluation",
                "compute the training loss on the evaluation's answers as well",
            )

    def _begin_refresh(self) -> None:
        iteration = self.watch.clock.iteration
        if not self._collecting and iteration - self._refreshed >= REFRESH_GAP:
            self._refreshed, self._collecting = iteration, REFRESH

    def _listen(self) -> None:
        """Change what is always heard, where that has changed."""
        wanted = _BASE | (_COLLECTING if self._collecting else frozenset())
        wanted |= _SCORING if self._pass is not None else frozenset()
        if wanted != self.always:
            self.always = wanted
            self.watch.listen_again()

    @contextmanager
    def _counted(self) -> Iterator[None]:
        """Seconds in here are taken from what scoring may take; this thread's own, whatever else the machine does."""
        if self._since_s is not None:
            yield
            return
        self._since_s = time.thread_time()
        try:
            yield
        finally:
            self._spent_s, self._since_s = self._spent_now_s, None

    @property
    def _spent_now_s(self) -> float:
        return self._spent_s + (0.0 if self._since_s is None else time.thread_time() - self._since_s)

    @contextmanager
    def _catching(self, caught: list[Caught]) -> Iterator[None]:
        self.watch.overheard = caught
        try:
            yield
        finally:
            self.watch.overheard = None


def _agrees(route: Route, answers: Answers, call: LossCall) -> bool:
    """Whether what came by this route says the same as what reached the loss."""
    given = route.given(answers.outputs)
    if given is None:
        return False
    ours = score_answers(call.function, given, call.target, call.options, samples=len(given))
    theirs = score_answers(call.function, call.input, call.target, call.options, samples=len(given))
    return is_alike(ours or [], theirs or [])


def is_alike(ours: list[Score], theirs: list[Score]) -> bool:
    """Whether two scores of the same answers are one, up to rounding."""
    one, other = pooled(ours), pooled(theirs)
    if one is None or other is None or one.task != other.task or one.rows != other.rows:
        return False
    return abs(one.loss - other.loss) <= AGREES * max(abs(other.loss), one.rows * AGREES)


def flat(batches: Sequence[list[Score]]) -> list[Score]:
    """The parts of all batches."""
    return [part for batch in batches for part in batch]


AGREES = 1e-3
"""How far apart two scores of the same answers may lie, relatively: covers low precision."""


def pooled_alike(parts: list[Score], train: list[Score]) -> Score | None:
    """All parts together, where they are of the task that the training is."""
    return pooled(parts) if parts and train and all(p.task == train[0].task for p in parts) else None
