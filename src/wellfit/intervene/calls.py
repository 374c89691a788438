"""Calls of modules, as interventions meet them."""

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

from torch.nn import Module
from torch.nn.modules.module import register_module_forward_pre_hook

from wellfit.intervene.sites import OBSERVER
from wellfit.observe import adapter

_CALL = adapter.call_impl_code()


def is_outermost(*, beside: bool = False) -> bool:
    """Whether the module call whose hook asks was made by the user's loop, not by another module's forward.

    Args:
        beside: calls that the observer makes beside the user's count too, as they are to be like these.
    """
    frame: FrameType | None = sys._getframe(1)
    calls = 0
    while frame is not None and calls < 2:  # noqa: PLR2004 - its own, and one more around it
        if beside and calls and frame.f_code.co_filename.startswith(OBSERVER):
            break
        calls += frame.f_code is _CALL
        frame = frame.f_back
    return calls == 1


def keywords() -> dict[str, Any]:
    """Arguments by name of the module call whose hook asks; torch hands its global hooks those by position alone."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not _CALL:
        frame = frame.f_back
    given = frame.f_locals.get("kwargs") if frame is not None else None
    return dict(given) if isinstance(given, dict) else {}


def before_calls(hook: Callable[[Module, tuple[Any, ...]], Any]) -> None:
    """Have a hook called before each call of any module; what it returns, unless None, are the call's arguments."""
    untyped: Any = hook  # torch's annotation lets no hook return anything
    register_module_forward_pre_hook(untyped)
