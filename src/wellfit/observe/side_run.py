"""Calls a model beside the training: in evaluation mode, without gradients, and without leaving a trace.

Buffers are cloned, flags are set and restored by attribute, and every random generator is put back.
"""

import random
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.model.events.side_run import LiveDropout, MixingOperation
from wellfit.observe.lines import StampingMode
from wellfit.observe.moments import Operation

T = TypeVar("T")

MOVED = 1e-5
"""A row has moved when it changed by this part of the output's spread. Untouched rows come out the same to the bit, or
within float32's rounding of about 1e-6; a softmax over 64 samples moves each of the others by about 1e-3."""

DROPOUTS = frozenset({
    "dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout", "feature_dropout",
    "dropout_", "scaled_dot_product_attention",
})  # fmt: skip
SOFTMAXES = frozenset({"softmax", "log_softmax", "softmin", "gumbel_softmax"})
VIEWS = frozenset({"view", "reshape", "flatten", "unflatten", "_unsafe_view"})
RECURRENT = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})
ATTENTION = "multi_head_attention_forward"


@dataclass
class Traced:
    """An operation that can mix samples, with what it was given and what it made."""

    operation: Operation
    given: Tensor
    made: Tensor


@dataclass
class Trace:
    """What one call of the model did, as far as it matters here."""

    output: Tensor | None = None
    candidates: list[Traced] = field(default_factory=list)
    dropouts: dict[Any, LiveDropout] = field(default_factory=dict)

    def note(self, operation: Operation) -> None:
        """From the stamping mode."""
        if operation.name in DROPOUTS:
            self._note_dropout(operation)
        if operation.name in SOFTMAXES | VIEWS | RECURRENT or operation.name == ATTENTION:
            made = operation.result[0] if isinstance(operation.result, (tuple, list)) else operation.result
            given = operation.args[0] if operation.args else operation.kwargs.get("input")
            if isinstance(given, Tensor) and isinstance(made, Tensor):
                self.candidates.append(Traced(operation, given, made))

    def _note_dropout(self, operation: Operation) -> None:
        rate = dropout_rate(operation)
        if rate:
            self.dropouts.setdefault(operation.place, LiveDropout(operation.name, rate, operation.place))


def dropout_rate(operation: Operation) -> float:
    """The share of values that a dropout call drops; 0 where it is asleep."""
    values = [*operation.args[1:], *operation.kwargs.values()]
    if operation.name == "scaled_dot_product_attention":
        given = operation.args[4] if len(operation.args) > 4 else operation.kwargs.get("dropout_p", 0.0)  # noqa: PLR2004
        return float(given)
    training = operation.kwargs.get("training", operation.kwargs.get("train", _first(values, bool)))
    rate = operation.kwargs.get("p", _first(values, float))
    return float(rate or 0.0) if training is not False else 0.0


def _first(values: list[Any], kind: type) -> Any:
    return next((v for v in values if type(v) is kind), None)


@dataclass
class SideRun:
    """A model with the real inputs of one call."""

    module: Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    rows: int
    whole: bool = False
    """The same tensor each time, as of a graph: its rows may be meant to look at each other."""

    def run(self, *, replace_first: bool, traced: bool, state: Any = None) -> Trace:
        """Call the model once; on a copy of the inputs, with sample 0 replaced by another where asked."""
        trace = Trace()
        args, kwargs = self._inputs(replace_first=replace_first)
        with evaluation_mode(self.module), generators_restored(), torch.no_grad():
            if state is not None:
                set_generators(state)
            buffers = {name: b.clone() for name, b in self.module.named_buffers()}
            if not traced:
                result = torch.func.functional_call(self.module, buffers, args, kwargs)
            else:
                with StampingMode(trace.note):
                    result = torch.func.functional_call(self.module, buffers, args, kwargs)
        trace.output = next(self._outputs(result), None)
        return trace

    def _inputs(self, *, replace_first: bool) -> tuple[tuple[Any, ...], dict[str, Any]]:
        other = self.other_row()
        copies = {id(v): v.detach().clone() for v in self._tensors()}
        if replace_first and other is not None:
            for copy in copies.values():
                if copy.dim() and copy.shape[0] == self.rows:
                    copy[0] = copy[other].clone()
        args = tuple(copies.get(id(v), v) for v in self.args)
        return args, {k: copies.get(id(v), v) for k, v in self.kwargs.items()}

    def _tensors(self) -> Iterator[Tensor]:
        return (v for v in (*self.args, *self.kwargs.values()) if isinstance(v, Tensor))

    def first(self) -> Tensor | None:
        """The first tensor that the model was given."""
        return next(self._tensors(), None)

    def other_row(self) -> int | None:
        """A sample that is unlike sample 0."""
        given = self.first()
        if given is None or given.shape[0] != self.rows:
            return None
        unlike = (given != given[:1]).reshape(self.rows, -1).any(dim=1).nonzero().flatten()
        return int(unlike[0]) if unlike.numel() else None

    def _outputs(self, result: Any) -> Iterator[Tensor]:
        if isinstance(result, Tensor):
            if result.dim() and result.shape[0] == self.rows and result.is_floating_point():
                yield result
        elif isinstance(result, dict):
            for value in result.values():
                yield from self._outputs(value)
        elif isinstance(result, (tuple, list)):
            for value in result:
                yield from self._outputs(value)


def moved_rows(before: Tensor, after: Tensor) -> list[int]:
    """Rows along dimension 0 that changed."""
    return _moved_along(before, after, 0)


def _moved_along(before: Tensor, after: Tensor, dim: int) -> list[int]:
    if before.shape != after.shape:
        return []
    first = torch.nan_to_num(before.detach().float(), posinf=0.0, neginf=0.0)
    second = torch.nan_to_num(after.detach().float(), posinf=0.0, neginf=0.0)
    change = (first - second).abs().movedim(dim, 0).reshape(before.shape[dim], -1).amax(dim=1)
    scale = max(float(first.std()) if first.numel() > 1 else 0.0, 1e-30)
    moved: list[int] = (change > MOVED * scale).nonzero().flatten().tolist()
    return moved


def mixing_operation(one: Trace, other: Trace, rows: int, *, softmaxes: bool) -> MixingOperation | None:
    """The first operation that was given samples apart and made them depend on each other, in a known wrong way."""
    if len(one.candidates) != len(other.candidates):
        return None
    for before, after in zip(one.candidates, other.candidates, strict=True):
        batch = _batch_dim(before.given, after.given, rows)
        if before.operation.name in SOFTMAXES and not softmaxes:
            continue
        if batch is not None and _is_guilty(before, after, batch, rows):
            operation = before.operation
            shapes = tuple(before.given.shape), tuple(before.made.shape)
            dim = _softmax_dim(operation, before.given) if operation.name in SOFTMAXES else None
            return MixingOperation(operation.name, *shapes, batch, dim, operation.place)
    return None


def _batch_dim(before: Tensor, after: Tensor, rows: int) -> int | None:
    """The only dimension as long as the batch, where sample 0 alone changed along it."""
    if before.shape != after.shape or not before.is_floating_point() or list(before.shape).count(rows) != 1:
        return None
    dim = list(before.shape).index(rows)
    return dim if _moved_along(before, after, dim) == [0] else None


def _is_guilty(before: Traced, after: Traced, batch: int, rows: int) -> bool:
    operation = before.operation
    if operation.name in SOFTMAXES:
        pools = before.given.numel() == rows  # one score a row: weights of a mean over the rows
        return not pools and _softmax_dim(operation, before.given) == batch and _mixes(before, after, batch)
    if operation.name in VIEWS:
        regrouped = before.made.dim() > 0 and before.made.shape[0] == rows and batch != 0
        return regrouped and before.made.shape != before.given.shape and _mixes(before, after, 0)
    if before.given.dim() != 3:  # noqa: PLR2004 - samples, positions, features
        return False
    time = 0
    if operation.name in RECURRENT:
        time = 1 if operation.args and operation.args[-1] is True else 0
    alone = before.given.shape[1 - time] == 1  # one sequence, whose steps have a target each
    return batch == time and not alone and _mixes(before, after, batch)


def _mixes(before: Traced, after: Traced, dim: int) -> bool:
    return any(row != 0 for row in _moved_along(before.made, after.made, dim))


def _softmax_dim(operation: Operation, given: Tensor) -> int | None:
    dim = operation.kwargs.get("dim")
    if dim is None:
        dim = next((a for a in operation.args[1:] if type(a) is int), None)
    return None if dim is None else dim % given.dim()


def attempt(call: Callable[[], T]) -> T | str:
    """What a call of the user's model gives; the name of the exception where it raises one."""
    try:
        return call()
    except Exception as error:  # noqa: BLE001 - the user's forward may raise what it likes in a mode it never ran in
        return type(error).__name__


@contextmanager
def evaluation_mode(module: Module) -> Iterator[None]:
    """All of a model in evaluation mode, set by attribute; each part is put back as it was."""
    flags = [(m, m.training) for m in module.modules()]
    try:
        for m, _ in flags:
            m.training = False
        yield
    finally:
        for m, flag in flags:
            m.training = flag


@contextmanager
def generators_restored() -> Iterator[None]:
    """Every global random generator stands afterwards as it did before."""
    state = generators()
    try:
        yield
    finally:
        set_generators(state)


def generators() -> tuple[Any, ...]:
    """The state of every global random generator."""
    numpy = sys.modules.get("numpy")
    drawn = numpy.random.get_state() if numpy is not None and "numpy.random" in sys.modules else None
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else None
    return torch.get_rng_state(), cuda, random.getstate(), drawn


def set_generators(state: tuple[Any, ...]) -> None:
    """Put every global random generator back."""
    plain, cuda, python, drawn = state
    torch.set_rng_state(plain)
    if cuda is not None:
        torch.cuda.set_rng_state_all(cuda)
    random.setstate(python)
    if drawn is not None:
        sys.modules["numpy"].random.set_state(drawn)
