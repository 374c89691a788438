"""From Python frames to the user's own line."""

import os
import sysconfig
from types import CodeType, FrameType

import torch

from wellfit.model.place import Place

_LIBRARY_FOLDERS = ("site-packages", "dist-packages")
_package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_own = tuple(os.path.join(_package, room) + os.sep for room in ("observe", "script", "intervene", "advise", "record"))
_standard = tuple(
    os.path.realpath(p) + os.sep for name in ("stdlib", "platstdlib") if (p := sysconfig.get_paths().get(name))
)
_torch = os.path.dirname(os.path.abspath(torch.__file__)) + os.sep
_kept: list[CodeType] = []
"""Code that the tables below know by its id, which is fast, where its hash is made anew of all its constants."""
_is_user: dict[int, bool] = {}
_places: dict[tuple[int, int | None], Place] = {}


def is_user_code(code: CodeType) -> bool:
    """Whether code is the user's: not the standard library's, not an installed package's, not ours."""
    known = _is_user.get(id(code))
    if known is None:
        known = _is_user[id(code)] = _judge_file(code.co_filename)
        _kept.append(code)
    return known


def is_standard_code(code: CodeType) -> bool:
    """Whether code is the standard library's."""
    return code.co_filename.startswith(_standard) and not _in_packages(code.co_filename)


def is_torch_code(code: CodeType) -> bool:
    """Whether code is torch's own."""
    return code.co_filename.startswith(_torch)


def _in_packages(path: str) -> bool:
    return any(f"{os.sep}{folder}{os.sep}" in path for folder in _LIBRARY_FOLDERS)


def _judge_file(name: str) -> bool:
    if name.startswith("<"):
        return False
    path = os.path.abspath(name)
    if any(f"{os.sep}{folder}{os.sep}" in path for folder in _LIBRARY_FOLDERS):
        return False
    return not path.startswith((*_own, *_standard))


def user_frame(frame: FrameType | None) -> FrameType | None:
    """The innermost frame of the user's own code, from this frame outwards."""
    while frame is not None and not is_user_code(frame.f_code):
        frame = frame.f_back
    return frame


def user_place(frame: FrameType | None) -> Place | None:
    """The user's own line, from this frame outwards."""
    found = user_frame(frame)
    return None if found is None else place_of(found)


def place_of(frame: FrameType) -> Place:
    """The line that a frame stands on."""
    code, line = frame.f_code, frame.f_lineno
    key = (id(code), line)
    known = _places.get(key)
    if known is None:
        _kept.append(code)
        known = _places[key] = Place(os.path.abspath(code.co_filename), line or code.co_firstlineno, code.co_name)
    return known


DEEPEST_CALLS = 4
"""Lines of the user's call stack that tell two calls apart."""


def stack_of(frame: FrameType | None) -> tuple[tuple[int, int], ...]:
    """The lines of the user's call stack from this frame outwards, as keys."""
    lines: list[tuple[int, int]] = []
    while frame is not None and len(lines) < DEEPEST_CALLS:
        lines.append((id(frame.f_code), frame.f_lineno or 0))
        frame = user_frame(frame.f_back)
    return tuple(lines)
