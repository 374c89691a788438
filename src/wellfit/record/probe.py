"""What training begins with, and how well the model answers where it is evaluated."""

import sys
import weakref
from collections.abc import Callable, Iterable

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.model.events.record import BatchSeen, ModulesSeen, OptionsParsed, TrainingBegan, WeightsHashed
from wellfit.model.record import Option
from wellfit.model.score import Score
from wellfit.observe.calls import tensors
from wellfit.observe.hashes import hash_rows, hash_tensors
from wellfit.observe.moments import Forward, LossCall, ModeSet
from wellfit.observe.probe import Probe
from wellfit.observe.scores import score_call
from wellfit.observe.watch import Watch
from wellfit.record.configs import configs_around
from wellfit.record.generators import hash_states
from wellfit.record.metrics import Metrics
from wellfit.record.options import Parsed
from wellfit.runs.secrets import mask_declared, mask_parsed
from wellfit.script.installed import is_users_own

MOST_HASHED = 500_000_000
"""Parameters of a model that is hashed when the process ends: a second or two."""

MOST_MODULES = 2_000
"""Of the user's own that are named."""

BATCHES = 3
"""First batches that are hashed."""

MOST_SCORED = 256
"""Calls of a loss function that are scored in one evaluation, from its beginning: a count, so that a run that is had
again scores the same."""


_WATCHING = frozenset({"forward", "mode_set"})
_EVALUATING = _WATCHING | {"loss_call"}


class RecordProbe(Probe):
    """Writes `TrainingBegan`, `OptionsParsed`, `ModulesSeen`, `BatchSeen`, `WeightsHashed`, and metrics of evaluations.

    Args:
        watch: what it listens to.
        metrics: where values go.
        parsed: what parsers have been asked so far.
        hear: has calls of models heard until the next step, where few are.
    """

    emits = (TrainingBegan, OptionsParsed, ModulesSeen, BatchSeen, WeightsHashed)
    always = _WATCHING | {"plain_forward"}

    def __init__(self, watch: Watch, metrics: Metrics, parsed: Parsed, hear: Callable[[], None]) -> None:
        super().__init__(watch)
        self._metrics = metrics
        self._parsed = parsed
        self._hear = hear
        self._began = False
        self._model: weakref.ref[Module] | None = None
        self._batches = 0
        self._pooled: dict[str, Score] = {}
        self._scored = 0

    def on_forward(self, forward: Forward) -> None:
        """Note the start, and hash the first batches; where gradients are off, listen to loss functions."""
        if not forward.root.has_parameters:
            return
        if not forward.grad:
            self._listen_to(self.always | _EVALUATING)
            return
        self._close_evaluation()
        if self._batches < BATCHES:
            self._note_batch(forward)
        elif self.always != _WATCHING:
            self._listen_to(_WATCHING)

    def on_plain_forward(self, forward: Forward) -> None:
        """The same."""
        self.on_forward(forward)

    def _note_batch(self, forward: Forward) -> None:
        if not self._began:
            self._began = True
            self._model = weakref.ref(forward.module)
            self._begin(forward)
        if not self.watch.may_compute():
            return
        given = [tensor for _, tensor in tensors(forward.args, forward.kwargs)]
        rows = hash_rows(given[0]) if given else ()
        self.watch.emit(BatchSeen(self._batches, hash_tensors(given), rows))
        self._batches += 1

    def _begin(self, forward: Forward) -> None:
        self._tell_options((*configs_around(forward.frame), *self._parsed.options))
        self.watch.emit(ModulesSeen(_modules()))
        self.watch.emit(
            TrainingBegan(
                seeds={"torch": torch.initial_seed()},
                states=hash_states(),
                deterministic=torch.are_deterministic_algorithms_enabled(),
                threads=torch.get_num_threads(),
                devices=_devices(),
                driver=_driver(),
                weights=_hash_weights(forward.module),
            )
        )

    def _tell_options(self, found: Iterable[Option]) -> None:
        options = {option.name: option for option in found}
        declared = tuple(map(mask_declared, self._parsed.declared))
        self.watch.recorder.write(OptionsParsed(tuple(map(mask_parsed, options.values())), declared), always=True)

    def on_mode_set(self, mode: ModeSet) -> None:
        """A model goes into evaluation mode."""
        if mode.name == "eval":
            self._hear()

    def _listen_to(self, moments: frozenset[str]) -> None:
        if moments != self.always:
            self.always = moments
            self.watch.listen_again()

    def on_loss_call(self, call: LossCall) -> None:
        """Score what reaches it without gradients."""
        if call.grad or self._scored >= MOST_SCORED or not self.watch.may_compute():
            return
        self._scored += 1
        score = score_call(call.function, call.input, call.target, call.options, positions=call.input.dim() > 2)  # noqa: PLR2004 - classes and positions
        if score is not None:
            known = self._pooled.get(score.task)
            self._pooled[score.task] = score if known is None else known + score

    def _close_evaluation(self) -> None:
        self._scored = 0
        step = self.watch.clock.step
        for task, score in self._pooled.items():
            self._metrics.note("val_loss", "evaluation", step, score.loss / score.rows)
            if task in ("classification", "binary", "tokens"):
                self._metrics.note("val_accuracy", "evaluation", step, score.correct / score.rows)
        self._pooled.clear()

    def end(self) -> None:
        """The last evaluation, where the weights have come to, and what was parsed for a training that never began."""
        self._close_evaluation()
        if not self._began and (parsed := self._parsed.options):
            self._tell_options(parsed)
        self._metrics.close()
        if self._began:
            self.watch.recorder.write(ModulesSeen(_modules()), always=True)
        model = None if self._model is None else self._model()
        if model is not None and sum(p.numel() for p in model.parameters()) <= MOST_HASHED:
            self.watch.recorder.write(WeightsHashed(_hash_weights(model), self.watch.clock.step), always=True)


def _modules() -> tuple[str, ...]:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()) if is_users_own(module))
    return tuple(sorted(dict.fromkeys(file for file in files if file)))[:MOST_MODULES]


def _hash_weights(model: Module) -> str:
    return hash_tensors(value for value in model.state_dict().values() if isinstance(value, Tensor))


def _devices() -> tuple[str, ...]:
    if not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return ()
    return tuple(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))


def _driver() -> str | None:
    version = getattr(torch._C, "_cuda_getDriverVersion", None)  # noqa: SLF001 - no public name
    if version is None or not torch.cuda.is_available() or not torch.cuda.is_initialized():
        return None
    number = int(version())
    return f"{number // 1000}.{number % 1000 // 10}"
