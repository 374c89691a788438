"""The user's line behind each operation, in the few iterations that ask for it.

While a suspicion waits for its line, one iteration runs under a TorchFunctionMode that stamps each result's
backward node with the line that made it. No healthy program ever runs under it.
"""

import sys
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode, resolve_name

from wellfit.observe import adapter
from wellfit.observe.graph import METADATA_KEY
from wellfit.observe.moments import Operation
from wellfit.observe.places import user_place


class StampingMode(TorchFunctionMode):
    """Stamps results with lines while `active`; a shut mode that waits to be popped changes nothing."""

    def __init__(self, tell: Callable[[Operation], None]) -> None:
        super().__init__()
        self.active = True
        self._tell = tell

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if self.active:
            self._note(func, args, kwargs or {}, result)
        return result

    def _note(self, func: Any, args: Any, kwargs: Any, result: Any) -> None:
        place = user_place(sys._getframe(2))
        if place is not None:
            for tensor in _tensors(result):
                node = tensor.grad_fn
                if node is not None:
                    node.metadata.setdefault(METADATA_KEY, place)  # type: ignore[attr-defined]  # typed as a method
        self._tell(Operation(func, _name(func), args, kwargs, result, place))


def _tensors(result: Any) -> tuple[Tensor, ...]:
    if isinstance(result, Tensor):
        return (result,)
    if isinstance(result, (tuple, list)):
        return tuple(t for t in result if isinstance(t, Tensor))
    return ()


def _name(func: Any) -> str:
    name = getattr(func, "__name__", "")
    if name == "__get__":  # an attribute such as `data`; only torch's own table knows which
        return str(resolve_name(func) or "").removesuffix(".__get__").rpartition(".")[2]
    return str(name)


class Lines:
    """Switches the stamping mode on and off at moments where that is safe."""

    def __init__(self, tell: Callable[[Operation], None]) -> None:
        self._tell = tell
        self._mode: StampingMode | None = None
        self.depth = 0
        """How many modes of ours are on torch's stack."""

    @property
    def stamping(self) -> bool:
        """Whether operations are being stamped now."""
        return self._mode is not None and self._mode.active

    def start(self, tell: Callable[[Operation], None] | None = None) -> bool:
        """Begin to stamp; refuses (False) under a mode of the user's, whose nesting ours would break.

        Args:
            tell: who is told of each operation, in place of everyone.
        """
        if self._mode is not None or adapter.foreign_mode_active(0) or not adapter.modes_are_lasting():
            return False
        self._mode = StampingMode(tell or self._tell)
        self._mode.__enter__()  # type: ignore[no-untyped-call]
        self.depth = 1
        return True

    def shut(self) -> None:
        """Stop to stamp, from anywhere, also from within an operation."""
        if self._mode is not None:
            self._mode.active = False

    def remove(self) -> None:
        """Take the mode off the stack, where it is on top; else leave it, shut, for a later moment."""
        self.shut()
        if self._mode is None:
            return
        depth = adapter.function_mode_depth()
        if depth and adapter.top_function_mode() is self._mode:
            self._mode.__exit__(None, None, None)
            self._mode, self.depth = None, 0
