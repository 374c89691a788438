"""Calls of modules, as interventions meet them."""

import sys
from collections.abc import Callable
from itertools import islice
from types import FrameType
from typing import Any

from torch.nn import Module
from torch.nn.modules.module import register_module_forward_pre_hook

from wellfit.intervene.sites import OBSERVER, Sites
from wellfit.model.place import CallSite
from wellfit.observe import adapter
from wellfit.observe.places import is_user_code

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


def call_site(sites: Sites) -> CallSite | None:
    """The user's own call of the module whose hook asks; None where a library makes it.

    Args:
        sites: tells where the user's own folder is.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not _CALL:
        frame = frame.f_back
    while frame is not None and frame.f_code.co_filename == _CALL.co_filename:
        frame = frame.f_back
    place = sites.at(frame) if frame is not None and is_user_code(frame.f_code) else None
    return None if frame is None or place is None else CallSite(place, *_end_of(frame))


def _end_of(frame: FrameType) -> tuple[int | None, int | None]:
    """Line and column at which the text of the call ends that a frame makes."""
    positions = getattr(frame.f_code, "co_positions", None)  # of Python 3.11
    if positions is None:
        return None, None
    _, line, _, column = next(islice(positions(), frame.f_lasti // 2, None), (None,) * 4)
    return line, column


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
