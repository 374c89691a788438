"""What a trial run is compared by: its losses step by step, and how well the weights that it ends with answer."""

import hashlib
from collections.abc import Iterable

import torch
from torch import Tensor

from wellfit.model.events.trial import Scored, TrialEnded, TrialStepped
from wellfit.model.place import Place
from wellfit.model.score import METRICS, Score, Task
from wellfit.observe import adapter
from wellfit.observe.calls import first_tensor
from wellfit.observe.moments import Backward, Forward, LossCall, Operation, Step
from wellfit.observe.probe import Probe
from wellfit.observe.scores import score_call, score_numbers, score_own_loss
from wellfit.observe.watch import Watch

_RANK: tuple[Task, ...] = tuple(METRICS)
MOST_VALUES = 4096
"""Answers, spread over a batch, by which it is known when it comes again."""

_DIFFERENCES = frozenset({"sub", "rsub", "subtract", "__sub__", "__rsub__"})


class TrialProbe(Probe):
    """Writes `TrialStepped`, `Scored` and `TrialEnded`.

    Once the weights are held still, each call of a loss function with gradients on is scored: the script's own loop
    brings batch, model and target together, however it does that. Where none is called, differences between what the
    model answers and what needs no gradient are; where there are none either, the loss itself.
    """

    emits = (TrialStepped, Scored, TrialEnded)
    always = frozenset({"forward", "plain_forward", "loss_call", "backward", "step_end"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._train_steps = watch.trial.train_steps if watch.trial else 0
        self._start: str | None = None
        self._first_batch: str | None = None
        self._weights: str | None = None
        self._samples: int | None = None
        self._latest: Score | None = None
        self._loss: float | None = None
        self._scored: set[str | None] = set()
        self._pools: dict[tuple[Place | None, Task], Score] = {}

    @property
    def _holds(self) -> bool:
        return self.watch.clock.step >= self._train_steps

    def on_forward(self, forward: Forward) -> None:
        """Remember where the run began; follow the operations where no loss function shows the answers."""
        if not forward.grad or not forward.root.has_parameters:
            return
        if self._start is None:
            self._note_start(forward)
        if self._holds and not any(task != "loss" for _, task in self._pools):
            self.watch.follow_operations(self, self._on_operation)

    def on_plain_forward(self, forward: Forward) -> None:
        """The same."""
        self.on_forward(forward)

    def _note_start(self, forward: Forward) -> None:
        self._start = fingerprint(forward.module.parameters())
        given = first_tensor(forward.args, forward.kwargs)
        if given is not None and given.dim():
            self._first_batch = fingerprint([given])
            whole_numbers = not given.is_floating_point() and given.dim() > 1
            self._samples = len(given) if whole_numbers else None

    def on_loss_call(self, call: LossCall) -> None:
        """Score what reached it."""
        if not call.grad or not self.watch.may_compute() or self._came_before(call.input, call.target):
            return
        positions = self._samples is not None and call.target.numel() > self._samples
        score = score_call(call.function, call.input, call.target, call.options, positions=positions)
        if score is not None:
            self._note(score, call.place)

    def _came_before(self, answers: Tensor, targets: Tensor) -> bool:
        """Whether these answers were scored under the weights that are held: a batch that comes again tells no more."""
        if not self._holds or not answers.dim():
            return False
        sample = answers.detach().flatten()
        key = fingerprint([targets, sample[:: -(-len(sample) // MOST_VALUES) or 1]])
        if key is None or key not in self._scored:
            self._scored.add(key)
            return False
        return key is not None

    def _note(self, score: Score, place: Place | None) -> None:
        if self._latest is None or _RANK.index(score.task) <= _RANK.index(self._latest.task):
            self._latest = score
        if self._holds:
            key = (place, score.task)
            self._pools[key] = self._pools[key] + score if key in self._pools else score

    def _on_operation(self, operation: Operation) -> None:
        """A difference of answers and targets, outside the model: as of a squared error written by hand."""
        if operation.name not in _DIFFERENCES or len(operation.args) < 2:  # noqa: PLR2004 - a pair
            return
        answers, targets = operation.args[:2]
        if not isinstance(answers, Tensor) or not isinstance(targets, Tensor):
            return
        if targets.requires_grad:
            answers, targets = targets, answers
        fits = answers.requires_grad and not targets.requires_grad and targets.dim() > 0
        alike = fits and len(answers) == len(targets) and not self._is_inside()
        if alike and not self._came_before(answers, targets):
            score = score_numbers(answers, targets)
            if score is not None:
                self._note(score, operation.place)

    def _is_inside(self) -> bool:
        return any(adapter.forward_is_running(module) for _, module in self.watch.roots.living())

    def on_backward(self, backward: Backward) -> None:
        """Note the loss."""
        self._loss = backward.value
        if backward.value is not None and self._holds:
            self._note(score_own_loss(backward.value), backward.place)

    def on_step_end(self, _: Step) -> None:
        """Write the step down."""
        step = self.watch.clock.step
        if step < self._train_steps:
            proper = self._latest.loss / self._latest.rows if self._latest and self._latest.task != "loss" else None
            self.watch.emit(TrialStepped(step, self._loss, proper))
        self._latest = self._loss = None
        if step + 1 == self._train_steps:
            self._weights = self._fingerprint_of_models()

    def end(self) -> None:
        """Write the scores, and where the run began and arrived."""
        for (place, _), score in self._pools.items():
            self.watch.emit(Scored(place, score))
        trained = min(self.watch.clock.step, self._train_steps)
        weights = self._weights or self._fingerprint_of_models()
        self.watch.emit(TrialEnded(self._start, self._first_batch, weights, trained))

    def _fingerprint_of_models(self) -> str | None:
        return fingerprint(value for _, module in self.watch.roots.living() for value in module.state_dict().values())


def fingerprint(tensors: Iterable[Tensor]) -> str | None:
    """A hash of all their bytes; None where some cannot be read."""
    hashed = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        if not isinstance(tensor, Tensor) or tensor.device.type == "meta":
            continue
        try:
            values = tensor.detach().to("cpu").contiguous().reshape(-1).view(torch.uint8)
        except (RuntimeError, NotImplementedError):
            return None
        hashed.update(values.numpy().tobytes())
    return hashed.hexdigest()
