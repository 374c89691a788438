"""Each operation of torch that a process runs, with hashes of what went in and what came out."""

import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Any

import torch
from torch import Tensor
from torch.multiprocessing import reductions
from torch.nn import Parameter

from wellfit.intervene.retrace.places import Places, worker
from wellfit.model.events.retrace import OperationTraced
from wellfit.observe import adapter
from wellfit.observe.hashes import tensor_bytes
from wellfit.observe.places import is_user_code

MOST_OPERATIONS = 12_000
"""Operations of one process that are traced: some megabytes of log."""

MOST_BYTES = 8 << 30
"""Bytes that are hashed in one process: some ten seconds. Counted, not timed: two runs must stop at the same place."""

PROMISE_NOTHING = frozenset({
    "empty", "empty_like", "empty_strided", "empty_permuted", "empty_quantized", "new_empty", "new_empty_strided",
    "resize_", "resize_as_",
})  # fmt: skip
"""Operators of aten whose results hold whatever lay in the memory."""

_CALL = adapter.call_impl_code()


class Hashes:
    """Hashes of what operations are given and make; `read_bytes` says how much was read for them."""

    def __init__(self) -> None:
        self.read_bytes = 0

    def of(self, value: Any) -> str:
        """One hash of all tensors and numbers in a value."""
        hashed = hashlib.blake2b(digest_size=8)
        for part in _parts(value):
            content = _content(part)
            self.read_bytes += len(content)
            hashed.update(content)
        return hashed.hexdigest()


class Operations(adapter.DispatchMode):  # type: ignore[misc]
    """Notes operations for as long as it is entered; it runs them as they are.

    Args:
        places: names lines.
        emit: is given the events.
        busy: whether code of ours is at work, whose operations are none of the program's.
    """

    is_of_the_observer = True
    supports_higher_order_operators = True

    def __init__(self, places: Places, emit: Callable[[object], None], busy: Callable[[], bool]) -> None:
        super().__init__()
        self._places, self._emit, self._busy = places, emit, busy
        self._left = MOST_OPERATIONS
        self._hashes = Hashes()

    @property
    def _has_room(self) -> bool:
        return self._left > 0 and self._hashes.read_bytes < MOST_BYTES

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation, and note it."""
        kwargs = kwargs or {}
        frame = sys._getframe(1)
        if not self._has_room or self._busy() or getattr(func, "namespace", "") == "profiler" or _is_in_transit(frame):
            return func(*args, **kwargs)
        self._left -= 1
        draws = torch.Tag.nondeterministic_seeded in getattr(func, "tags", ())
        inputs = _hash_state(args, kwargs) if draws else self._hashes.of((args, {**kwargs, "out": None}))
        result = func(*args, **kwargs)
        packet = getattr(func, "overloadpacket", func)  # operators of higher order have no overloads
        outputs = "" if packet.__name__ in PROMISE_NOTHING else self._hashes.of(result)
        place, process = self._places.of(frame), self._places.process
        self._emit(OperationTraced(str(func), draws, inputs, outputs, _module(frame), place, process, worker()))
        return result


def _is_in_transit(frame: FrameType | None) -> bool:
    """Whether tensors are being received from another process, which happens in whatever order they arrive."""
    while frame is not None and not is_user_code(frame.f_code):
        if frame.f_code.co_filename == reductions.__file__:
            return True
        frame = frame.f_back
    return False


def _module(frame: FrameType | None) -> str:
    """Class of the innermost module whose forward a frame runs in."""
    while frame is not None:
        if frame.f_code is _CALL:
            return type(frame.f_locals["self"]).__name__
        frame = frame.f_back
    return ""


def _content(part: Any) -> bytes:
    if isinstance(part, torch.UntypedStorage):
        part = torch.empty(0, dtype=torch.uint8, device=part.device).set_(part)
    if not isinstance(part, Tensor):
        return repr(part).encode()
    plain = tensor_bytes(part) if type(part) in {Tensor, Parameter} else None
    return repr(tuple(part.shape)).encode() + (plain or b"")


def _parts(value: Any) -> Iterator[Tensor | torch.UntypedStorage | float | str | None]:
    """Tensors and numbers, in their order; objects of other kinds say nothing that two processes share."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _parts(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _parts(item)
    elif isinstance(value, torch.TypedStorage):
        yield value._untyped_storage
    elif value is None or isinstance(value, (Tensor, torch.UntypedStorage, int, float, str)):
        yield value


def _hash_state(args: Any, kwargs: Mapping[str, Any]) -> str:
    """Of the generator that an operation draws from."""
    given = next((value for value in (*args, *kwargs.values()) if isinstance(value, torch._C.Generator)), None)
    generator = given if given is not None else _default_generator(args, kwargs)
    if generator is None:
        return ""
    return hashlib.blake2b(generator.get_state().numpy().tobytes(), digest_size=8).hexdigest()


def _default_generator(args: Any, kwargs: Mapping[str, Any]) -> Any:
    device = kwargs.get("device") or next((part.device for part in _parts(args) if isinstance(part, Tensor)), None)
    if device is None or device.type == "cpu":
        return torch.default_generator
    if device.type != "cuda":
        return None
    return torch.cuda.default_generators[torch.cuda.current_device() if device.index is None else device.index]
