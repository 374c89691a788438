"""Whether a training can go on from what is saved: the same answers, and the same next step."""

import copy
from collections.abc import Iterator
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.model.events.deep import ResumptionTried, StateLost
from wellfit.observe.held_still import HeldCall, HeldStillProbe
from wellfit.observe.moments import Forward, SchedulerMade, Step
from wellfit.observe.resumed import copied, is_same, is_savable, is_state, set_at, through_a_file, values_equal
from wellfit.observe.resumed_schedules import ResumedSchedules
from wellfit.observe.side_run import attempt
from wellfit.observe.watch import Watch

MOST_LOST = 16
"""Names that are written."""

MOST_BYTES = 1 << 28
"""Bytes of a model that is copied; twice as many are needed for a moment."""

Held = dict[tuple[str, str], Any]
"""Values by the module's name and the attribute's."""

_OF_OPTIMIZERS = frozenset(vars(torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)))


class ResumptionProbe(HeldStillProbe):
    """Writes `ResumptionTried`."""

    emits = (ResumptionTried,)
    always = HeldStillProbe.always | {"step_start", "scheduler"}

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._starts: dict[int, Held] = {}
        self._optimizer: Optimizer | None = None
        self._optimizer_start: dict[str, Any] = {}
        self._schedules = ResumedSchedules()

    def on_forward(self, forward: Forward) -> None:
        """Remember what each model holds besides its state_dict, at its first training call."""
        if forward.grad and forward.root.has_parameters and forward.root.index not in self._starts:
            self._starts[forward.root.index] = {key: copied(value) for key, value in _held(forward.module)}
        super().on_forward(forward)

    def on_scheduler(self, made: SchedulerMade) -> None:
        """Follow it."""
        self._schedules.made(made.scheduler, made.place)

    def on_step_start(self, step: Step) -> None:
        """Remember what the first optimizer holds before its first step, and what new schedulers do."""
        self._schedules.remember()
        if self._optimizer is None:
            self._optimizer = step.optimizer
            self._optimizer_start = {name: copied(v) for name, v in _own(step.optimizer)}

    def look(self, call: HeldCall) -> None:
        """Save, load, and compare."""
        root = self.watch.roots.find(call.module)
        size = sum(p.numel() * p.element_size() for p in call.module.parameters())
        if size > MOST_BYTES:
            self.watch.emit(_refuse(call, f"it holds more than {MOST_BYTES >> 20} MiB"))
            return
        before, again = attempt(call.answer), attempt(call.answer)
        if not isinstance(before, Tensor) or not isinstance(again, Tensor) or not is_same(before, again):
            self.watch.emit(_refuse(call, "its answers in evaluation mode differ from call to call"))
            return
        lost = tuple(self._lost(call, before, self._starts.get(root.index, {})))[:MOST_LOST]
        error, same = _reloaded(call, before)
        step = attempt(lambda: self._next_step(call.module))
        kind = None if self._optimizer is None else type(self._optimizer).__name__
        self.watch.emit(
            ResumptionTried(
                root=call.kind,
                place=call.place,
                refused="",
                lost=lost,
                load_error=error,
                same_answers=same,
                optimizer=kind,
                same_step=step if isinstance(step, bool) else None,
                optimizer_lost=tuple(self._optimizer_changes()),
                schedules=tuple(self._schedules.tried(partial(_twin, module=call.module))),
            )
        )
        self._optimizer = None

    def _lost(self, call: HeldCall, before: Tensor, starts: Held) -> Iterator[StateLost]:
        """What changed in training, is not saved, and does not belong to one batch alone."""
        now = dict(_held(call.module))
        for key, start in starts.items():
            value = now.get(key)
            if value is None or values_equal(start, value) or _is_of_a_batch(value, call.rows):
                continue
            after = attempt(partial(_answer_with, call, key, start))
            matters = isinstance(after, Tensor) and not is_same(before, after)
            owner = _submodule(call.module, key[0])
            name, place = ".".join(filter(None, key)), set_at(type(owner), key[1])
            yield StateLost(name, "tensor" if isinstance(value, Tensor) else "number", matters, place)

    def _next_step(self, module: Module) -> bool | None:
        """Whether a copy of the optimizer, emptied and loaded, makes the step that another copy makes."""
        optimizer = self._optimizer
        if optimizer is None or not any(p.grad is not None for p in _parameters(optimizer)):
            return None
        step = getattr(type(optimizer).step, "__wrapped__", None)
        if step is None:
            return None
        goes_on, loaded = _twin(optimizer, module), _twin(optimizer, module)
        saved = through_a_file(optimizer.state_dict())
        loaded.state.clear()
        for name, value in self._optimizer_start.items():
            setattr(loaded, name, copied(value))
        loaded.load_state_dict(saved)
        for one in (goes_on, loaded):
            step(one)  # past the hooks that count steps
        return all(map(is_same, _parameters(goes_on), _parameters(loaded)))

    def _optimizer_changes(self) -> Iterator[str]:
        if self._optimizer is not None:
            now = dict(_own(self._optimizer))
            yield from (n for n, start in self._optimizer_start.items() if n in now and not values_equal(start, now[n]))


def _held(module: Module) -> Iterator[tuple[tuple[str, str], Any]]:
    """Tensors and numbers that modules hold and their state_dict does not."""
    for name, part in module.named_modules():
        for attribute, value in vars(part).items():
            if is_state(value) and not attribute.startswith("_") and attribute != "training":
                yield (name, attribute), value
        for attribute in part._non_persistent_buffers_set:
            value = part._buffers.get(attribute)
            if value is not None:
                yield (name, attribute), value


def _own(optimizer: Optimizer) -> Iterator[tuple[str, Any]]:
    """What an optimizer's class holds besides what torch's base class does."""
    return ((n, v) for n, v in vars(optimizer).items() if n not in _OF_OPTIMIZERS and is_savable(v))


def _twin(optimizer: Optimizer, module: Module) -> Optimizer:
    """A copy with all attributes; torch's own way of copying leaves those of a subclass out."""
    memo: dict[int, Any] = {}
    copy.deepcopy(module, memo)
    twin: Optimizer = object.__new__(type(optimizer))
    vars(twin).update({n: copy.deepcopy(v, memo) for n, v in vars(optimizer).items() if n != "step"})
    return twin


def _is_of_a_batch(value: Any, rows: int) -> bool:
    """The state of a sequence that was read halfway has a place for each sample; nobody saves it."""
    return isinstance(value, Tensor) and rows > 1 and rows in tuple(value.shape)


def _submodule(module: Module, name: str) -> Module:
    return module.get_submodule(name) if name else module


def _answer_with(call: HeldCall, key: tuple[str, str], start: Any) -> Tensor | None:
    """What the model answers with one thing as it was before training."""
    owner = _submodule(call.module, key[0])
    value = getattr(owner, key[1])
    setattr(owner, key[1], copied(start))
    try:
        return call.answer()
    finally:
        setattr(owner, key[1], value)


def _reloaded(call: HeldCall, before: Tensor) -> tuple[str | None, bool | None]:
    """What loading raised, and whether a copy whose weights were wiped answers the same afterwards."""
    twin = attempt(lambda: copy.deepcopy(call.module))
    if isinstance(twin, str):
        return None, None
    with torch.no_grad():
        for value in twin.state_dict().values():
            if isinstance(value, Tensor) and value.is_floating_point():
                value.zero_()
    loaded = attempt(lambda: _load(twin, through_a_file(call.module.state_dict())))
    if isinstance(loaded, str):
        return loaded, None
    after = attempt(HeldCall(twin, call.kind, call.args, call.kwargs, call.place).answer)
    return None, isinstance(after, Tensor) and is_same(before, after)


def _load(module: Module, saved: Any) -> None:
    module.load_state_dict(saved, strict=True)


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _refuse(call: HeldCall, reason: str) -> ResumptionTried:
    return ResumptionTried(call.kind, call.place, reason, (), None, None, None, None, (), ())
