"""What a model's forward does besides computing: a look at one real call, before any call of ours.

A forward that prints, counts, stores or draws from Python's or numpy's generators would show a second call to
the user. Such a model is never called beside the training.
"""

import dis
import random
import sys
import time
from collections.abc import Callable
from functools import lru_cache
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.observe.places import is_standard_code, is_torch_code, is_user_code

STORES = frozenset({"STORE_GLOBAL", "STORE_ATTR", "DELETE_GLOBAL", "DELETE_ATTR", "DELETE_SUBSCR"})
"""Instructions that change what outlives the call."""

CHANGERS = frozenset({
    "append", "extend", "insert", "update", "pop", "popitem", "setdefault", "add", "discard", "remove", "clear",
    "appendleft", "put", "write", "writelines", "print", "open", "send",
})  # fmt: skip
"""Names of calls that change a container or reach the outside."""

OUTSIDE = frozenset({"print", "write", "writelines", "open", "input", "run_backward", "system", "send", "sendall"})
"""Built-in functions that nobody calls without an effect."""

QUIET_MODULES = frozenset({
    "collections", "functools", "contextlib", "typing", "math", "abc", "_collections_abc", "enum", "inspect",
    "copy", "dataclasses", "types", "re", "operator", "itertools", "weakref", "_weakrefset", "numbers", "fractions",
    "statistics", "string", "textwrap", "reprlib", "keyword", "importlib", "_bootstrap", "warnings", "heapq",
    "bisect", "ast", "dis", "opcode", "linecache", "tokenize", "typing_extensions", "threading",
})  # fmt: skip
"""Of the standard library, what a forward may call without an effect of its own."""


LOUD_PARTS = ("tensorboard", "_dynamo", "distributed")
"""Parts of torch that a second call would leave a trace in."""


class DryLook:
    """Watches one call through `sys.setprofile`, from now until the given frame returns."""

    def __init__(
        self, module: Module, frame: FrameType, *, done: Callable[["DryLook"], None], busy: Callable[[], bool]
    ) -> None:
        self.reason = ""
        self._busy = busy
        self.elapsed_s = 0.0
        self._frame: FrameType | None = frame
        self._module: Module | None = module
        self._done = done
        self._containers = {id(v) for m in module.modules() for v in _held(m)}
        self._before = snapshot(module)
        self._random = _generator_states()
        self._codes: set[CodeType] = set()
        self._started = time.perf_counter()

    def start(self) -> bool:
        """Begin; refuses under a profiler of the program's own."""
        if sys.getprofile() is not None:
            return False
        sys.setprofile(self._tell)
        return True

    def stop(self) -> None:
        """End early, in whatever state."""
        if self._frame is not None:
            sys.setprofile(None)
            self._frame = self._module = None

    def _tell(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "return" and frame is self._frame:
            self._finish()
        elif self.reason or self._busy():
            return
        elif event == "c_call":
            self._meet_builtin(frame, argument)
        elif event == "call" and frame.f_code not in self._codes:
            self._codes.add(frame.f_code)
            self._meet_function(frame)

    def _meet_builtin(self, frame: FrameType, function: Any) -> None:
        name = getattr(function, "__name__", "")
        if name in OUTSIDE:
            self.reason = f"it calls {name}"
        elif name in CHANGERS and is_user_code(frame.f_code):
            owner = getattr(function, "__self__", None)
            if id(owner) in self._containers or _is_global(frame, owner) or _captures(frame.f_code):
                self.reason = f"it changes a container by {name}"
        elif type(getattr(function, "__self__", None)).__module__.startswith("numpy.random"):
            self.reason = "it draws from a generator of numpy"

    def _meet_function(self, frame: FrameType) -> None:
        code = frame.f_code
        if is_user_code(code):
            self.reason = _stores(code) or _writes_items_outside(code, frame)
        elif is_standard_code(code) and _module_name(code) not in QUIET_MODULES:
            self.reason = f"it calls {_module_name(code)} of the standard library"
        elif is_torch_code(code):
            part = next((p for p in LOUD_PARTS if p in code.co_filename), "")
            if part and not _only_keeps_compile_out(code):
                self.reason = f"it goes through torch's {part}"

    def _finish(self) -> None:
        sys.setprofile(None)
        self.elapsed_s = time.perf_counter() - self._started
        module, self._module, self._frame = self._module, None, None
        if not self.reason and module is not None and snapshot(module) != self._before:
            self.reason = "it changes what its modules hold"
        if not self.reason and _generator_states() != self._random:
            self.reason = "it draws random numbers from Python or numpy"
        self._before, self._random = {}, ()
        self._done(self)


def _only_keeps_compile_out(code: CodeType) -> bool:
    """Whether a function of the compiler only marks a call as never compiled, as around checkpointing."""
    name = getattr(code, "co_qualname", "")  # from Python 3.11 on
    return name.startswith("DisableContext") or name == "_callback_from_stance"


@lru_cache(maxsize=1024)
def _stores(code: CodeType) -> str:
    """What in a function's instructions outlives its call, or an empty string."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in STORES:
            return f"{code.co_name} stores {instruction.argval}"
        if instruction.opname == "STORE_DEREF" and instruction.argval in code.co_freevars:
            return f"{code.co_name} stores {instruction.argval}"
    changers = CHANGERS.intersection(code.co_names)
    if "training" in code.co_names and changers:
        return f"{code.co_name} asks for its mode and calls {min(changers)}"
    return ""


def _writes_items_outside(code: CodeType, frame: FrameType) -> str:
    """Items of something that the function did not make itself."""
    if "STORE_SUBSCR" not in _instruction_names(code):
        return ""
    names = [n for n in code.co_names if _is_mutable(frame.f_globals.get(n))]
    if names or _captures(code):
        return f"{code.co_name} writes items of {names[0] if names else code.co_freevars[0]}"
    return ""


@lru_cache(maxsize=1024)
def _instruction_names(code: CodeType) -> frozenset[str]:
    return frozenset(i.opname for i in dis.get_instructions(code))


def _captures(code: CodeType) -> bool:
    return any(name != "__class__" for name in code.co_freevars)


def _is_mutable(value: Any) -> bool:
    return issubclass(type(value), (list, dict, set, bytearray, Tensor)) or type(value).__module__.startswith("numpy")


def _is_global(frame: FrameType, owner: Any) -> bool:
    return owner is not None and any(value is owner for value in frame.f_globals.values())


def _module_name(code: CodeType) -> str:
    parts = code.co_filename.replace("\\", "/").removesuffix("/__init__.py").removesuffix(".py").split("/")
    known = [p for p in parts[-2:] if p in QUIET_MODULES]
    return known[0] if known else parts[-1]


def _held(module: Module) -> list[Any]:
    """Containers that a module holds, and those that these hold."""
    first = [v for v in vars(module).values() if issubclass(type(v), (list, dict, set))]
    return first + [
        w for v in first if not issubclass(type(v), set) for w in _members(v) if issubclass(type(w), (list, dict, set))
    ]


def _members(container: Any) -> list[Any]:
    return list(container.values()) if issubclass(type(container), dict) else list(container)


def snapshot(module: Module) -> dict[tuple[int, str], Any]:
    """What all submodules hold, as ids, versions and lengths; buffers aside, which our calls get copies of."""
    return {
        (id(m), name): _mark(value)
        for m in module.modules()
        for name, value in vars(m).items()
        if name not in ("_buffers", "training")
    }


def _mark(value: Any) -> Any:
    if issubclass(type(value), Tensor):
        return _mark_one(value)
    if issubclass(type(value), dict):
        return (id(value), tuple(_mark_one(v) for v in value.values()))
    if issubclass(type(value), (list, tuple)):
        return (id(value), tuple(_mark_one(v) for v in value))
    return (id(value), len(value) if issubclass(type(value), set) else 0)


def _mark_one(value: Any) -> Any:
    version = value._version if issubclass(type(value), Tensor) and not value.is_inference() else 0
    size = len(value) if issubclass(type(value), (list, dict, set)) else 0
    return (id(value), version, size)


def _generator_states() -> tuple[Any, ...]:
    numpy = sys.modules.get("numpy")
    state = numpy.random.get_state() if numpy is not None and "numpy.random" in sys.modules else ()
    plain = tuple(part.tobytes() if hasattr(part, "tobytes") else part for part in state)
    return (random.getstate(), plain)


def holds_generator(module: Module) -> bool:
    """Whether some submodule draws from a generator of its own, whose state we would move."""
    return any(issubclass(type(v), torch.Generator) for m in module.modules() for v in vars(m).values())
