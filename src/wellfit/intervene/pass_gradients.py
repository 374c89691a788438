"""Let gradients through a line that cuts them off."""

import ast
import inspect
import sys
import tokenize
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from wellfit.intervene.intervention import Intervention, wrap
from wellfit.observe.places import user_frame, user_place

CUTS = ("detach", "detach_", "item", "tolist")
MAKERS = ("tensor", "as_tensor", "scalar_tensor", "asarray")


class PassGradients(Intervention):
    """At the line, `detach`, `data`, `item` and `tensor(...)` hand on the tensor itself.

    A block with gradients off that the line stands in leaves them on. What passes through numpy or a number of
    Python's own stays cut.
    """

    name = "pass_gradients"

    def install(self) -> None:
        """Stand before what cuts, and before what makes a tensor anew."""
        for name in CUTS:
            wrap((torch, Tensor), name, self._around_cut)
        for name in MAKERS:
            wrap((torch,), name, self._around_making)
        for name in ("numpy", "__array__"):
            wrap((Tensor,), name, self._around_leaving)
        wrap((torch.no_grad, torch.set_grad_enabled), "__enter__", self._around_block)
        self._open_data()

    def _open_data(self) -> None:
        original: Any = Tensor.data

        def read(tensor: Tensor) -> Any:
            return self._kept(tensor) if self._is_meant(tensor) else original.__get__(tensor)

        Tensor.data = property(read, original.__set__, original.__delete__)  # type: ignore[assignment]

    def _is_meant(self, tensor: Any) -> bool:
        carries = isinstance(tensor, Tensor) and tensor.requires_grad
        return carries and not torch.compiler.is_compiling() and self.sites.is_here(self.cure.place, depth=2)

    def _kept(self, tensor: Tensor) -> Tensor:
        self.applied()
        return tensor

    def _around_cut(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def cut(tensor: Any, *args: Any, **kwargs: Any) -> Any:
            return self._kept(tensor) if self._is_meant(tensor) else original(tensor, *args, **kwargs)

        return cut

    def _around_leaving(self, original: Callable[..., Any]) -> Callable[..., Any]:
        detach = inspect.unwrap(Tensor.detach)

        def leave(tensor: Tensor, *args: Any, **kwargs: Any) -> Any:
            if self._is_meant(tensor):
                self.refuse("the value leaves torch for numpy")
                tensor = detach(tensor)
            return original(tensor, *args, **kwargs)

        return leave

    def _around_making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(data: Any, *args: Any, **kwargs: Any) -> Any:
            if self._is_meant(data):
                return self._kept(data)
            return original(data, *args, **kwargs)

        return make

    def _around_block(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def enter(block: Any) -> Any:
            if (torch.is_grad_enabled() or block.prev) and self._surrounds():
                block.prev = True  # what its end goes back to
                torch.set_grad_enabled(True)
                self.applied()
                return None
            return original(block)

        return enter

    def _surrounds(self) -> bool:
        """Whether the `with` statement that is being entered holds the line."""
        wanted = self.cure.place
        frame = user_frame(sys._getframe(2))
        here = self.sites.at(frame)
        if wanted is None or frame is None or here is None or here.file != wanted.file:
            return False
        own = user_place(frame)
        blocks = _blocks(own.file if own else "")
        return any(first <= here.line <= head and wanted.line <= last for first, head, last in blocks)


@lru_cache(maxsize=16)
def _blocks(file: str) -> tuple[tuple[int, int, int], ...]:
    """Of each `with` statement of a file the first line, the last one of its head, and its last one."""
    try:
        with tokenize.open(file) as source:
            tree = ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return ()
    blocks = (node for node in ast.walk(tree) if isinstance(node, (ast.With, ast.AsyncWith)))
    return tuple((b.lineno, max(b.lineno, b.body[0].lineno - 1), b.end_lineno or b.lineno) for b in blocks)
