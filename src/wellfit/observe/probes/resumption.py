"""Whether a training can go on from what is saved: the same answers, and the same next step."""

import copy
import dis
import io
from collections.abc import Iterator
from functools import partial
from types import FunctionType
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.model.events.deep import ResumptionTried, StateLost
from wellfit.model.place import Place
from wellfit.observe.held_still import HeldCall, HeldStillProbe
from wellfit.observe.moments import Forward, Step
from wellfit.observe.places import is_user_code
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
    always = HeldStillProbe.always | {"step_start"}

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._starts: dict[int, Held] = {}
        self._optimizer: Optimizer | None = None
        self._optimizer_start: dict[str, Any] = {}

    def on_forward(self, forward: Forward) -> None:
        """Remember what each model holds besides its state_dict, at its first training call."""
        if forward.grad and forward.root.has_parameters and forward.root.index not in self._starts:
            self._starts[forward.root.index] = {key: _copied(value) for key, value in _held(forward.module)}
        super().on_forward(forward)

    def on_step_start(self, step: Step) -> None:
        """Remember what the first optimizer holds before its first step."""
        if self._optimizer is None:
            self._optimizer = step.optimizer
            self._optimizer_start = {name: _copied(v) for name, v in _own(step.optimizer)}

    def look(self, call: HeldCall) -> None:
        """Save, load, and compare."""
        root = self.watch.roots.find(call.module)
        size = sum(p.numel() * p.element_size() for p in call.module.parameters())
        if size > MOST_BYTES:
            self.watch.emit(_refuse(call, f"it holds more than {MOST_BYTES >> 20} MiB"))
            return
        before, again = attempt(call.answer), attempt(call.answer)
        if not isinstance(before, Tensor) or not isinstance(again, Tensor) or not _is_same(before, again):
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
            )
        )
        self._optimizer = None

    def _lost(self, call: HeldCall, before: Tensor, starts: Held) -> Iterator[StateLost]:
        """What changed in training, is not saved, and does not belong to one batch alone."""
        now = dict(_held(call.module))
        for key, start in starts.items():
            value = now.get(key)
            if value is None or _equals(start, value) or _is_of_a_batch(value, call.rows):
                continue
            after = attempt(partial(_answer_with, call, key, start))
            matters = isinstance(after, Tensor) and not _is_same(before, after)
            owner = _submodule(call.module, key[0])
            name, place = ".".join(filter(None, key)), _set_at(type(owner), key[1])
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
        saved = _through_a_file(optimizer.state_dict())
        loaded.state.clear()
        for name, value in self._optimizer_start.items():
            setattr(loaded, name, _copied(value))
        loaded.load_state_dict(saved)
        for one in (goes_on, loaded):
            step(one)  # past the hooks that count steps
        return all(map(_is_same, _parameters(goes_on), _parameters(loaded)))

    def _optimizer_changes(self) -> Iterator[str]:
        if self._optimizer is not None:
            now = dict(_own(self._optimizer))
            yield from (n for n, start in self._optimizer_start.items() if n in now and not _equals(start, now[n]))


def _held(module: Module) -> Iterator[tuple[tuple[str, str], Any]]:
    """Tensors and numbers that modules hold and their state_dict does not."""
    for name, part in module.named_modules():
        for attribute, value in vars(part).items():
            if _is_state(value) and not attribute.startswith("_") and attribute != "training":
                yield (name, attribute), value
        for attribute in part._non_persistent_buffers_set:
            value = part._buffers.get(attribute)
            if value is not None:
                yield (name, attribute), value


def _own(optimizer: Optimizer) -> Iterator[tuple[str, Any]]:
    """What an optimizer's class holds besides what torch's base class does."""
    return ((n, v) for n, v in vars(optimizer).items() if n not in _OF_OPTIMIZERS and _is_savable(v))


def _is_state(value: Any) -> bool:
    return isinstance(value, Tensor) or type(value) in (int, float)


def _is_savable(value: Any) -> bool:
    if isinstance(value, (dict, list)):
        return all(_is_state(v) for v in (value.values() if isinstance(value, dict) else value))
    return _is_state(value)


def _copied(value: Any) -> Any:
    if isinstance(value, Tensor):
        return value.detach().clone()
    return type(value)(value) if isinstance(value, (dict, list)) else value


def _twin(optimizer: Optimizer, module: Module) -> Optimizer:
    """A copy with all attributes; torch's own way of copying leaves those of a subclass out."""
    memo: dict[int, Any] = {}
    copy.deepcopy(module, memo)
    twin: Optimizer = object.__new__(type(optimizer))
    vars(twin).update({n: copy.deepcopy(v, memo) for n, v in vars(optimizer).items() if n != "step"})
    return twin


def _equals(one: Any, other: Any) -> bool:
    if isinstance(one, Tensor) and isinstance(other, Tensor):
        return _is_same(one, other)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equals(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_equals, one, other))
    return bool(one == other)


def _is_same(one: Tensor, other: Tensor) -> bool:
    return one.shape == other.shape and torch.equal(torch.nan_to_num(one), torch.nan_to_num(other))


def _is_of_a_batch(value: Any, rows: int) -> bool:
    """The state of a sequence that was read halfway has a place for each sample; nobody saves it."""
    return isinstance(value, Tensor) and rows > 1 and rows in tuple(value.shape)


def _submodule(module: Module, name: str) -> Module:
    return module.get_submodule(name) if name else module


def _answer_with(call: HeldCall, key: tuple[str, str], start: Any) -> Tensor | None:
    """What the model answers with one thing as it was before training."""
    owner = _submodule(call.module, key[0])
    value = getattr(owner, key[1])
    setattr(owner, key[1], _copied(start))
    try:
        return call.answer()
    finally:
        setattr(owner, key[1], value)


def _set_at(kind: type, attribute: str) -> Place | None:
    """The last line of a class of the user's own that sets an attribute, its constructor aside."""
    found = None
    for base in kind.__mro__:
        for name, method in vars(base).items():
            if not isinstance(method, FunctionType) or name == "__init__" or not is_user_code(method.__code__):
                continue
            line = method.__code__.co_firstlineno
            for instruction in dis.get_instructions(method):
                line = _line(instruction) or line
                if instruction.opname == "STORE_ATTR" and instruction.argval == attribute:
                    found = Place(method.__code__.co_filename, line, method.__code__.co_name)
    return found


def _line(instruction: dis.Instruction) -> int | None:
    """Where an instruction stands; Python 3.13 tells it under another name."""
    line = getattr(instruction, "line_number", None)
    return line if line is not None else (instruction.starts_line or None)


def _reloaded(call: HeldCall, before: Tensor) -> tuple[str | None, bool | None]:
    """What loading raised, and whether a copy whose weights were wiped answers the same afterwards."""
    twin = attempt(lambda: copy.deepcopy(call.module))
    if isinstance(twin, str):
        return None, None
    with torch.no_grad():
        for value in twin.state_dict().values():
            if isinstance(value, Tensor) and value.is_floating_point():
                value.zero_()
    loaded = attempt(lambda: _load(twin, _through_a_file(call.module.state_dict())))
    if isinstance(loaded, str):
        return loaded, None
    after = attempt(HeldCall(twin, call.kind, call.args, call.kwargs, call.place).answer)
    return None, isinstance(after, Tensor) and _is_same(before, after)


def _load(module: Module, saved: Any) -> None:
    module.load_state_dict(saved, strict=True)


def _through_a_file(state: Any) -> Any:
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=False)


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _refuse(call: HeldCall, reason: str) -> ResumptionTried:
    return ResumptionTried(call.kind, call.place, reason, (), None, None, None, None, ())
