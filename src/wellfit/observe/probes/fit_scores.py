"""How well the model answers on rows that it trains on and on rows that it is evaluated on, scored alike."""

from collections.abc import Sequence

from torch import Tensor

from wellfit.model.cure import WHOLE
from wellfit.model.events.fit import FitRefused, FitScored
from wellfit.model.score import Score
from wellfit.observe import adapter
from wellfit.observe.answers import (
    SCORED,
    Answers,
    Evaluation,
    Route,
    evaluating,
    score_answers,
    score_batch,
    score_caught,
)
from wellfit.observe.budget import SHARE, Budget
from wellfit.observe.calls import address_of, first_tensor
from wellfit.observe.fit_event import describe
from wellfit.observe.fitting import Evaluated, Pass, Pending, Student, flat, is_alike, keys_of
from wellfit.observe.kept import Batch, Spread
from wellfit.observe.learning import Learning
from wellfit.observe.looks import refusal
from wellfit.observe.moments import Backward, Forward, LoaderStarted, LossCall
from wellfit.observe.places import place_of, stack_of, user_frame
from wellfit.observe.probe import Probe
from wellfit.observe.roots import mode_matters
from wellfit.observe.side_run import attempt
from wellfit.observe.targets import find_target
from wellfit.observe.variables import variables_beside
from wellfit.observe.watch import Watch

GROWTH = 1.5
"""By which the run has grown when an evaluation is due to be scored again."""

TRIAL_GROWTH = 1.05
"""The same for trial runs, where steps alone decide, so that twins score alike; all of a whole one."""

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

FRUITLESS = 2
"""Passes without targets after which an evaluation is left alone."""

HASHED_ROWS = 64
"""Rows of a call that are looked for among the training rows."""

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
        self._budget = Budget()
        self._learning = Learning(watch, self._budget)
        self._evaluations: dict[object, Evaluated] = {}
        self._pass: Pass | None = None
        self._passed_over: object = None
        self._trained: tuple[int, int, list[list[Score]]] | None = None
        self._reason = ("", "")
        self._written = 0

    # --- moments ---

    def on_loader(self, started: LoaderStarted) -> None:
        """A data set is about to be read; the next forward shows by whom."""
        self._learning.dataset, self._learning.read_by = id(started.loader.dataset), ""

    def on_plain_forward(self, forward: Forward) -> None:
        """One more training call."""
        self.on_forward(forward)

    def on_forward(self, forward: Forward) -> None:
        """A training call, or one of an evaluation."""
        if not forward.root.has_parameters:
            return
        student = self._learning.student_behind(forward)
        if forward.grad and (forward.training or student is None or not student.in_training_mode):
            self._train(forward)
        elif student is not None:
            with self._budget.counted():
                self._evaluate(student, forward)

    def on_loss_call(self, call: LossCall) -> None:
        """What a model answered is held against targets."""
        if call.function not in SCORED:
            return
        running = self._pass
        if running is not None and running.pending is not None and (running.grad or not call.grad):
            with self._budget.counted():
                self._hear(running, running.pending, call)
        elif call.grad:
            self._learning.hear(call)
            self._listen()

    def on_backward(self, backward: Backward) -> None:
        """A pass that is trained on was no evaluation."""
        del backward
        if self._pass is not None and self._pass.grad:
            self._pass.student.in_training_mode = False
            self._pass = None
            self._listen()

    def iteration_end(self) -> None:
        """Let go of the batch."""
        self._learning.forget_call()

    def end(self) -> None:
        """The last evaluation ends with the run."""
        self._close()
        if not self._written and self.watch.totals.training_forwards:  # a launcher leaves no log
            self.watch.emit(FitRefused(self.watch.clock.step, *self._final_reason()))

    def _final_reason(self) -> tuple[str, str]:
        students = [s for s in self._learning.students.values() if s.calls]
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
            self._drop_or_close(forward)
        self._passed_over = None
        self._learning.call(forward)
        self._listen()

    def _drop_or_close(self, forward: Forward) -> None:
        """A teacher is asked about the batch that is trained on next: that was no evaluation."""
        first = first_tensor(forward.args, forward.kwargs)
        if self._pass is not None and first is not None and address_of(first) == self._pass.address:
            self._pass.evaluated.fruitless += 1
            self._pass = None
            self._listen()
        self._close()

    # --- evaluations ---

    def _evaluate(self, student: Student, forward: Forward) -> None:
        given = first_tensor(forward.args, forward.kwargs)
        if given is None or not self._is_ready(student, forward):
            return
        if not forward.grad and any(root.calls.was_given(given) for root in (forward.root, student.root)):
            return  # a model is often called without gradients on the batch it trains on
        frame = user_frame(forward.frame.f_back)
        learning = self._learning
        learning.read_by = learning.read_by or "evaluation"
        dataset = learning.dataset if learning.read_by == "evaluation" else None
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
            source = "unknown" if key[2] is None else "training" if key[2] in self._learning.datasets else "own"  # type: ignore[index]
            place = None if frame is None else place_of(frame)
            evaluated = self._evaluations[key] = Evaluated(key, number, place, source)
        if evaluated is None or evaluated.fruitless >= FRUITLESS or not self._affords(evaluated, student):
            self._passed_over = key
            return
        spent = self._budget.spent_s
        train = self._score_training(student, forward)
        if train is None:
            self._passed_over = key
            return
        stride = max(1, evaluated.calls // MOST_CALLS)
        spread: Spread[tuple[int, list[Score]]] = Spread(ROOM, stride)
        self._pass = Pass(evaluated, student, train, spread, forward.grad, spent)
        self._listen()

    def _affords(self, evaluated: Evaluated, student: Student) -> bool:
        trial, step = self.watch.trial, self.watch.clock.step
        if trial is not None:
            return trial.train_steps == WHOLE or step >= min(trial.train_steps, TRIAL_GROWTH * evaluated.step)
        looked = student.root.looked
        forward_s = student.forward_s or (looked.elapsed_s / LOOKING if looked is not None else 0.0)
        guess = COLD_S + len(student.batches) * max(0.0, forward_s - COLD_S)
        expected = guess if evaluated.cost_s is None else evaluated.cost_s
        due = step >= GROWTH * evaluated.step
        affords = self._budget.affords(expected, due=due, first=not evaluated.passes)
        if not affords and not self._written:
            self._refuse(f"scoring takes more than {SHARE:.0%} of the time so far", "let it train longer")
        return affords

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
        with evaluating(forward.module, self._learning.catching) as evaluation:
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
        known = [parts for parts in scored if parts is not None]
        return [parts for parts in known if parts[0].task == known[0][0].task]

    def _call(self, running: Pass, forward: Forward, given: Tensor) -> None:
        """One more call of the model in the pass."""
        running.settle()
        running.address = address_of(given)
        index, running.calls = running.calls, running.calls + 1
        if running.truncated or not running.spread.wants(index):
            return
        keys = keys_of(given, HASHED_ROWS)
        running.student.hash_rows(self._learning.rows_per_epoch(running.student))
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
        if self.watch.trial is None and not self._budget.affords(0.0, due=True, first=True):
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
            samples = route.samples(given, pending.samples)
            pending.parts = score_answers(batch.function, given, target, batch.options, samples=samples)

    def _answer_once(self, forward: Forward) -> Answers:
        with evaluating(forward.module, self._learning.catching) as evaluation:
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
        route = running.student.route
        samples = pending.samples if route is None else route.samples(given, pending.samples)
        parts = score_answers(call.function, given, call.target, call.options, samples=samples)
        if parts is not None:
            pending.parts, pending.heard = parts, True
            running.evaluated.hears_loss = True

    # --- the end of a pass ---

    def _close(self) -> None:
        """The pass is over: write what it scored."""
        running, self._pass = self._pass, None
        if running is None:
            return
        with self._budget.counted():
            running.settle()
            self._write(running)
            self._learning.refresh()
            self._listen()
            running.evaluated.calls = running.calls
            cost = self._budget.spent_s - running.spent_s
            running.evaluated.cost_s = min(cost, running.evaluated.cost_s or cost / COLD)

    def _write(self, running: Pass) -> None:
        per_epoch = self._learning.rows_per_epoch(running.student)
        event = describe(running, step=self.watch.clock.step, per_epoch=per_epoch)
        if event is None:
            self._miss(running)
        else:
            running.evaluated.passes, running.evaluated.fruitless = running.evaluated.passes + 1, 0
            running.evaluated.step = event.step
            self._written += 1
            self.watch.emit(event)

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

    def _listen(self) -> None:
        """Change what is always heard, where that has changed."""
        wanted = _BASE | (_COLLECTING if self._learning.collecting else frozenset())
        wanted |= _SCORING if self._pass is not None else frozenset()
        if wanted != self.always:
            self.always = wanted
            self.watch.listen_again()
