"""What training begins with, where its weights come to, and how well the model answers where it is evaluated."""

import sys
from collections.abc import Iterable

import torch

from wellfit.model.events.record import (
    BatchSeen,
    ModulesSeen,
    OptionsParsed,
    ParamsDeclared,
    TrainingBegan,
    WeightsHashed,
)
from wellfit.model.record import Option
from wellfit.observe.arm import Arming
from wellfit.observe.calls import tensors
from wellfit.observe.hashes import hash_rows, hash_tensors
from wellfit.observe.moments import Forward, LossCall, ModeSet, Step
from wellfit.observe.pace import FIRST_DUE
from wellfit.observe.probe import Probe
from wellfit.observe.sampled_hashes import hash_within
from wellfit.record.configs import configs_around
from wellfit.record.declared import declared_options, declared_space
from wellfit.record.evaluations import Evaluation
from wellfit.record.generators import hash_states
from wellfit.record.lives import weights_of
from wellfit.record.metrics import Metrics
from wellfit.record.models import BYTES_AT_START, Models
from wellfit.record.options import Parsed
from wellfit.runs.secrets import mask_declared, mask_parsed
from wellfit.script.installed import is_users_own

MOST_MODULES = 2_000
"""Of the user's own that are named."""

BATCHES = 3
"""First batches that are hashed."""

_WATCHING = frozenset({"forward", "mode_set"})
_BEGINNING = _WATCHING | {"plain_forward"}
_EVALUATING = _WATCHING | {"loss_call"}


class RecordProbe(Probe):
    """Writes how training began, options, declared hyperparameters, modules, batches, weights, and evaluated metrics.

    Args:
        arming: what it listens by.
        metrics: where values go.
        parsed: what parsers have been asked so far.
    """

    emits = (TrainingBegan, OptionsParsed, ParamsDeclared, ModulesSeen, BatchSeen, WeightsHashed)
    always = _BEGINNING

    def __init__(self, arming: Arming, metrics: Metrics, parsed: Parsed) -> None:
        super().__init__(arming.watch)
        self._arming = arming
        self._metrics = metrics
        self._parsed = parsed
        self._began = False
        self._batches = 0
        self._models = Models(self.watch, arming.pace)
        self._evaluation = Evaluation(self.watch, metrics)
        self._evaluations = 0
        self._evaluates = False
        self._latest_s, self._spent_before_s = 0.0, 0.0
        self._answered_at = self._heard_at = -1
        arming.at_doubling = self._steps_have_doubled

    def on_forward(self, forward: Forward) -> None:
        """Note the start, hash the first batches, and follow what is trained."""
        if not forward.root.has_parameters or not forward.grad:
            return
        self._models.note(forward)
        if self._batches < BATCHES:
            self._note_batch(forward)
        elif "plain_forward" in self.always and not self._evaluates:
            self._listen_to(_WATCHING)

    def on_plain_forward(self, forward: Forward) -> None:
        """The same."""
        self.on_forward(forward)

    def _note_batch(self, forward: Forward) -> None:
        if not self._began:
            self._began = True
            self._begin(forward)
        if not self.watch.may_compute():
            return
        given = [tensor for _, tensor in tensors(forward.args, forward.kwargs)]
        rows = hash_rows(given[0]) if given else ()
        self.watch.emit(BatchSeen(self._batches, hash_tensors(given), rows))
        self._batches += 1

    def _begin(self, forward: Forward) -> None:
        self._tell_options((*configs_around(forward.frame), *self._parsed.options, *declared_options()))
        space = declared_space()
        if space is not None:
            self.watch.emit(space)
        self.watch.emit(ModulesSeen(_modules()))
        self.watch.emit(
            TrainingBegan(
                seeds={"torch": torch.initial_seed()},
                states=hash_states(),
                deterministic=torch.are_deterministic_algorithms_enabled(),
                threads=torch.get_num_threads(),
                devices=_devices(),
                driver=_driver(),
                weights=hash_within(weights_of(forward.module), BYTES_AT_START)[0],
            )
        )

    def _tell_options(self, found: Iterable[Option]) -> None:
        options = {option.name: option for option in found}
        declared = tuple(map(mask_declared, self._parsed.declared))
        self.watch.recorder.write(OptionsParsed(tuple(map(mask_parsed, options.values())), declared), always=True)

    def _steps_have_doubled(self) -> None:
        self._models.hash_on_the_way(self.watch.clock.step, "step")

    def on_curve_point(self, _: Step) -> None:
        """Hear evaluations again once there is time for that."""
        if not self._evaluates:
            self._arming.modes.open = self._hears_next(self.watch.clock.step + 1)

    def _hears_next(self, step: int) -> bool:
        """Whether the next evaluation is heard: the first ones, when the steps have doubled, and as time allows."""
        due = self._evaluations < FIRST_DUE or step >= 2 * self._heard_at
        return due or self._arming.pace.affords(self._latest_s)

    def on_mode_set(self, mode: ModeSet) -> None:
        """A model goes into evaluation mode: hash the weights, and listen to loss functions until the next step."""
        step = self.watch.clock.step
        if mode.name != "eval" or step == self._answered_at:
            return
        self._answered_at = step  # all evaluations after a step are heard, or none is: they come to one value
        self._arming.modes.open = False  # layers that a program freezes may be many, at each step
        if not self._hears_next(step):
            return
        self._heard_at = step
        self._evaluations += 1
        self._evaluates = True
        self._spent_before_s = self._arming.pace.spent_s
        self._arming.at_next_step(self._close_evaluation)
        self._models.hash_on_the_way(step, "evaluation")
        self._listen_to(self.always | _EVALUATING)

    def on_loss_call(self, call: LossCall) -> None:
        """Score it, where the models are being evaluated."""
        if self._evaluates and self._models.are_evaluated():
            self._evaluation.note(call)

    def _close_evaluation(self) -> None:
        if not self._evaluates:
            return
        self._evaluates = False
        self._evaluation.close(self._heard_at)
        self._listen_to(_WATCHING if self._batches >= BATCHES else _BEGINNING)
        self._latest_s = self._arming.pace.spent_s - self._spent_before_s
        self._arming.modes.open = self._hears_next(self.watch.clock.step)

    def _listen_to(self, moments: frozenset[str]) -> None:
        if moments != self.always:
            self.always = moments
            self.watch.listen_again()

    def end(self) -> None:
        """The last evaluation, where the weights have come to, and what was parsed for a training that never began."""
        self._close_evaluation()
        if not self._began and (parsed := (*self._parsed.options, *declared_options())):
            self._tell_options(parsed)
        self._metrics.close()
        if self._began:
            self.watch.recorder.write(ModulesSeen(_modules()), always=True)
        self._models.end()


def _modules() -> tuple[str, ...]:
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()) if is_users_own(module))
    return tuple(sorted(dict.fromkeys(file for file in files if file)))[:MOST_MODULES]


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
