"""A live run held as it stands: put back object for object and bit for bit, as often as asked.

What is followed: modules with their parameters, buffers, modes and plain attributes, optimizers, schedulers, scalers,
loaders and samplers, all containers and random generators in them. Containers get back the very objects they held, and
tensors their own storage and contents, so whoever else holds one of them sees what he saw before.
"""

import random
import signal
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import BuiltinFunctionType, FunctionType, MethodType, ModuleType
from typing import Any

import torch
from torch import Tensor

from wellfit.observe.side_run import generators, set_generators

PLAIN = (type(None), bool, int, float, complex, str, bytes, type, FunctionType, BuiltinFunctionType, ModuleType)

DEEPEST_OBJECT = 3
"""Objects of unknown classes within one another that are followed: a loader's sampler and its generator are three."""

MOST_DATA = 10_000
"""Members of a list or array in a loader up to which it is held: longer ones are data, which nobody trains on."""

Restore = Callable[[], None]


class Snapshot:
    """Some objects as they are now.

    Args:
        roots: what to hold.
        data: whether these are loaders: of those neither tensors nor long lists are held, which are the data.
    """

    def __init__(self, *roots: Any, data: bool = False) -> None:
        self._data = data
        self._restores: list[Restore] = []
        self._seen: dict[int, Any] = {}
        waiting = deque((root, 0) for root in roots)
        while waiting:
            value, depth = waiting.popleft()
            if isinstance(value, PLAIN) or id(value) in self._seen:
                continue
            self._seen[id(value)] = value  # alive, so that no other object gets its id
            deeper = depth + (not isinstance(value, (dict, list, tuple, set, deque, torch.nn.Module)))
            waiting.extend((member, deeper) for member in self._hold(value, depth))

    def restore(self) -> None:
        """Put everything back; the copies stay, so it may be done again."""
        with torch.no_grad():
            for restore in self._restores:
                restore()

    def _hold(self, value: Any, depth: int) -> list[Any]:
        """Keep one object's state; its members are still to be held."""
        generator = held_generator(value)
        if generator is not None:
            self._restores.append(generator)
            return []
        for kinds, hold in self._holders:
            if isinstance(value, kinds):
                return hold(value)
        known = type(value).__module__.split(".")[0] in sys.stdlib_module_names
        return [vars(value)] if depth < DEEPEST_OBJECT and not known and hasattr(value, "__dict__") else []

    @property
    def _holders(self) -> list[tuple[Any, Callable[[Any], list[Any]]]]:
        return [
            (Tensor, self._hold_tensor),
            (dict, self._hold_dict),
            ((list, deque, set), self._hold_members),
            (tuple, list),
            (MethodType, lambda method: [method.__self__]),
            (_arrays(), self._hold_array),
        ]

    def _hold_tensor(self, tensor: Tensor) -> list[Any]:
        if self._data:
            return []
        grad = tensor.grad if tensor.is_leaf else None
        storage, copy, wanted = tensor.detach(), tensor.detach().clone(), tensor.requires_grad

        def restore() -> None:
            if tensor.layout is torch.strided and tensor.data_ptr() != storage.data_ptr():
                tensor.data = storage
            storage.copy_(copy)
            if tensor.is_leaf:
                tensor.grad = grad
                tensor.requires_grad_(wanted)

        self._restores.append(restore)
        return [grad]

    def _hold_dict(self, held: dict[Any, Any]) -> list[Any]:
        items = list(held.items())

        def restore() -> None:
            now = list(held.items())
            if len(now) != len(items) or any(a is not c or b is not d for (a, b), (c, d) in zip(now, items)):  # noqa: B905  # equal by then
                held.clear()
                held.update(items)

        self._restores.append(restore)
        return [value for _, value in items]

    def _hold_members(self, held: Any) -> list[Any]:
        members = list(held)
        if self._data and len(members) > MOST_DATA:
            return []

        def restore() -> None:
            if len(held) != len(members) or any(a is not b for a, b in zip(held, members)):  # noqa: B905  # equal by then
                held.clear()
                (held.update if isinstance(held, set) else held.extend)(members)

        self._restores.append(restore)
        return members

    def _hold_array(self, array: Any) -> list[Any]:
        if self._data and array.size > MOST_DATA:
            return []
        copy = array.copy()

        def restore() -> None:
            if array.flags.writeable:
                array[...] = copy

        self._restores.append(restore)
        return []


def held_generator(value: Any) -> Restore | None:
    """How to put a random generator of torch, Python or numpy back; None for everything else."""
    if isinstance(value, torch.Generator):
        state = value.get_state()
        return lambda: void(value.set_state(state))
    if isinstance(value, random.Random):
        python = value.getstate()
        return lambda: value.setstate(python)
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.random.Generator, numpy.random.RandomState)):
        return None
    if isinstance(value, numpy.random.RandomState):
        old = value.get_state()
        return lambda: value.set_state(old)
    bits = value.bit_generator.state
    return lambda: setattr(value.bit_generator, "state", bits)


def _arrays() -> tuple[type, ...]:
    numpy = sys.modules.get("numpy")
    return () if numpy is None else (numpy.ndarray,)


def void(_: object) -> None:
    """Nothing, whatever a call returned."""


@contextmanager
def held_as_it_is(*snapshots: Snapshot) -> Iterator[None]:
    """Everything in these snapshots, and every global random generator, is put back however the block is left."""
    state = generators()
    try:
        yield
    finally:
        with uninterrupted():
            for snapshot in snapshots:
                snapshot.restore()
            set_generators(state)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """A Ctrl-C within waits until the end."""
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGINT) is None:
        yield
        return
    pressed: list[Any] = []
    handler = signal.signal(signal.SIGINT, lambda *args: pressed.append(args))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if pressed and callable(handler):
            handler(*pressed[0])
