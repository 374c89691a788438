"""Whether learning-rate schedules go on from what is saved of them: the same next rates."""

import copy
import dis
import warnings
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any

import torch
from torch.nn import Module
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from torch.utils.data import DataLoader

from wellfit.model.events.deep import ScheduleTried
from wellfit.model.place import Place
from wellfit.observe.resumed import copied, is_savable, set_at, through_a_file, values_equal
from wellfit.observe.side_run import attempt, generators_restored

NEXT_RATES = 100
"""Rates that are compared: a schedule that counts passes over the data may move seldom."""

MOST_SCHEDULES = 4

_FUNCTIONS = "lr_lambdas"
_BOOKKEEPING = frozenset({"_step_count", "_last_lr"})
_WRITES_CELL = "STORE_DEREF"
_WRITES_ATTRIBUTE = "STORE_ATTR"
_WRITES_ITEM = "STORE_SUBSCR"

Copy = Callable[[Optimizer], Optimizer]


@dataclass
class _Begun:
    """A schedule as it was before the first optimizer step after its construction."""

    values: dict[str, Any]
    functions: list[dict[str, Any]]


class ResumedSchedules:
    """Follows the schedulers of a trial run, and tries to save and load each."""

    def __init__(self) -> None:
        self._made: list[tuple[weakref.ref[Any], Place | None]] = []
        self._begun: dict[int, _Begun] = {}

    def made(self, scheduler: LRScheduler, place: Place | None) -> None:
        """One more was constructed; `SequentialLR` starts one of its own a second time."""
        if len(self._made) < MOST_SCHEDULES and all(known() is not scheduler for known, _ in self._made):
            self._made.append((weakref.ref(scheduler), place))

    def remember(self) -> None:
        """An optimizer is about to step: what a constructor leaves behind stands by now."""
        for reference, _ in self._made:
            scheduler = reference()
            if scheduler is not None and id(scheduler) not in self._begun and _can_be_copied(scheduler):
                begun = attempt(partial(_begin, scheduler))
                if isinstance(begun, _Begun):
                    self._begun[id(scheduler)] = begun

    def tried(self, twin: Copy) -> Iterator[ScheduleTried]:
        """What became of each that could be tried.

        Args:
            twin: copies an optimizer with all that belongs to it.
        """
        for reference, place in self._made:
            scheduler = reference()
            begun = None if scheduler is None else self._begun.get(id(scheduler))
            if scheduler is not None and begun is not None:
                seen = attempt(partial(_try, scheduler, begun, twin, place))
                if isinstance(seen, ScheduleTried):
                    yield seen


def _can_be_copied(scheduler: LRScheduler) -> bool:
    """Nothing that belongs to the rest of the program hangs on it."""
    others = (v for name, v in vars(scheduler).items() if name != "optimizer")
    return not any(isinstance(value, (Module, Optimizer, DataLoader)) for value in others)


def _begin(scheduler: LRScheduler) -> _Begun:
    return _Begun(_values(scheduler, scheduler.optimizer), [_own(f) for f in _functions(scheduler)])


def _try(scheduler: LRScheduler, begun: _Begun, twin: Copy, place: Place | None) -> ScheduleTried:
    goes_on = _rebuilt(scheduler, _values(scheduler, None), None, twin)
    loaded = _rebuilt(scheduler, copy.deepcopy(begun.values), begun.functions, twin)
    loaded.load_state_dict(through_a_file(scheduler.state_dict()))
    lost = tuple(_lost(scheduler, loaded, begun))
    own = next((at for name in lost if (at := set_at(type(scheduler), name)) is not None), None)
    pairs = list(zip(_next_rates(goes_on), _next_rates(loaded), strict=False))
    went_on, after = tuple(one for one, _ in pairs), tuple(other for _, other in pairs)
    return ScheduleTried(type(scheduler).__name__, own or place, went_on, after, lost)


def _values(scheduler: LRScheduler, optimizer: Optimizer | None) -> dict[str, Any]:
    """A copy of what it holds besides its optimizer and its functions."""
    held = {n: v for n, v in vars(scheduler).items() if n not in ("optimizer", _FUNCTIONS)}
    return copy.deepcopy(held, {id(scheduler.optimizer): optimizer})


def _functions(scheduler: LRScheduler) -> list[Any]:
    return list(vars(scheduler).get(_FUNCTIONS, ()))


def _rebuilt(
    scheduler: LRScheduler, values: dict[str, Any], functions: list[dict[str, Any]] | None, twin: Copy
) -> LRScheduler:
    """One of the same class on a copy of the optimizer, past the constructor, which would set the rate back."""
    made: LRScheduler = object.__new__(type(scheduler))
    vars(made).update(values, optimizer=twin(scheduler.optimizer))
    own = _functions(scheduler)
    if own:
        states = functions or [{}] * len(own)
        again = {id(f): _again(f, state) for f, state in zip(own, states, strict=True)}
        vars(made)[_FUNCTIONS] = [again[id(f)] for f in own]  # one function may serve several groups
    return made


def _next_rates(scheduler: LRScheduler) -> tuple[float, ...]:
    """Of the first group, up to where it refuses; a schedule that waits for a metric is told that it stays."""
    stays = (1.0,) if isinstance(scheduler, ReduceLROnPlateau) else ()
    rates = []
    with generators_restored(), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the copy of the optimizer never steps
        for _ in range(NEXT_RATES):
            if isinstance(attempt(partial(scheduler.step, *stays)), str):  # its steps are over
                break
            rates.append(float(scheduler.optimizer.param_groups[0]["lr"]))
    return tuple(rates)


def _lost(scheduler: LRScheduler, loaded: LRScheduler, begun: _Begun) -> Iterator[str]:
    """Names of plain values that changed in training and did not come back."""
    for name, value in vars(scheduler).items():
        is_own = is_savable(value) and name in begun.values and name not in _BOOKKEEPING
        if is_own and not values_equal(value, vars(loaded).get(name)):
            yield name
    for function, start in zip(_functions(scheduler), begun.functions, strict=True):
        now = _own(function) if isinstance(function, (MethodType, FunctionType)) else {}
        yield from (name for name, value in now.items() if name in start and not values_equal(value, start[name]))


def _own(function: Any) -> dict[str, Any]:
    """Plain values that a schedule's function keeps for itself: those that it writes, and all of a callable object."""
    if isinstance(function, MethodType):
        written = _written(function.__func__.__code__, _WRITES_ATTRIBUTE)
        return {n: copied(v) for n, v in _plain(vars(function.__self__)).items() if _is_own(n, v, written)}
    if isinstance(function, FunctionType):
        written = _written(function.__code__, _WRITES_CELL)
        return {n: copied(v) for n, v in _plain(_cells(function)).items() if _is_own(n, v, written)}
    return {n: copied(v) for n, v in _plain(getattr(function, "__dict__", {})).items()}


def _again(function: Any, state: dict[str, Any]) -> Any:
    """A function like this one that shares no plain value with it, and starts from a state of its own."""
    if isinstance(function, MethodType):
        return MethodType(function.__func__, _object_with(function.__self__, state))
    if isinstance(function, FunctionType):
        values = {**_cells(function), **_copies(_cells(function)), **_copies(state)}
        closure = tuple(CellType(values[name]) for name in function.__code__.co_freevars)
        parts = function.__code__, function.__globals__, function.__name__, function.__defaults__, closure
        again = FunctionType(*parts)
        again.__kwdefaults__ = function.__kwdefaults__
        return again
    if isinstance(function, partial) or not hasattr(function, "__dict__"):
        return function
    return _object_with(function, state)


def _object_with(holder: Any, state: dict[str, Any]) -> Any:
    again = object.__new__(type(holder))
    vars(again).update({**vars(holder), **_copies(vars(holder)), **_copies(state)})
    return again


def _cells(function: FunctionType) -> dict[str, Any]:
    return {
        n: cell.cell_contents for n, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    }


def _copies(values: dict[str, Any]) -> dict[str, Any]:
    return {name: copied(value) for name, value in _plain(values).items()}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if is_savable(value)}


def _written(code: CodeType, opname: str) -> frozenset[str | None]:
    """Names that a function's code stores; None stands for items of containers."""
    stored = [i for i in dis.get_instructions(code) if i.opname in (opname, _WRITES_ITEM)]
    return frozenset(None if i.opname == _WRITES_ITEM else i.argval for i in stored)


def _is_own(name: str, value: Any, written: frozenset[str | None]) -> bool:
    return name in written or (None in written and isinstance(value, (dict, list)))
