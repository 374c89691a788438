"""How often the loops around a step run, as far as the program's text and its plain numbers say.

Nothing of the program is called: names are looked up, and numbers are counted together.
"""

import ast
from collections.abc import Iterator
from types import FrameType
from typing import Any

from torch import Tensor

from wellfit.observe.places import user_frame
from wellfit.observe.sources import tree_of

MOST_FRAMES = 8
"""Functions of the user's around the step that are read."""

RANGES = {"range", "trange"}
"""Functions that count; what a progress bar is put around is looked into."""

_OPERATIONS: dict[type[ast.operator], Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b if b else None,
}


def loops_around(frame: FrameType | None) -> tuple[int | None, ...]:
    """Rounds of each `for` loop around a call, the outermost first; None where they are not plain to see."""
    found: list[int | None] = []
    for _ in range(MOST_FRAMES):
        frame = user_frame(frame)
        if frame is None:
            break
        found[:0] = _loops_in(frame)
        frame = frame.f_back
    return tuple(found)


def _loops_in(frame: FrameType) -> list[int | None]:
    tree, line = tree_of(frame.f_code.co_filename), frame.f_lineno
    if tree is None or line is None:
        return []
    loops = [node for node in ast.walk(_function(tree, frame)) if isinstance(node, ast.For) and _holds(node, line)]
    return [_rounds(loop.iter, frame) for loop in sorted(loops, key=lambda loop: loop.lineno)]


def _function(tree: ast.Module, frame: FrameType) -> ast.AST:
    """The innermost function around the frame's line; the module where there is none."""
    around = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and _spans(n, frame.f_lineno or 0)]
    return max(around, key=lambda node: node.lineno, default=tree)


def _spans(node: ast.FunctionDef, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or 0)


def _holds(loop: ast.For, line: int) -> bool:
    return loop.body[0].lineno <= line <= (loop.body[-1].end_lineno or 0)


def _rounds(iterated: ast.expr, frame: FrameType) -> int | None:
    """Of `range(...)` and of bars around it, with numbers that are known."""
    if not isinstance(iterated, ast.Call):
        return None
    name = iterated.func.id if isinstance(iterated.func, ast.Name) else getattr(iterated.func, "attr", "")
    if name in {"tqdm", "track"} and iterated.args:
        return _rounds(iterated.args[0], frame)
    numbers = [_number(argument, frame) for argument in iterated.args]
    if name not in RANGES or not numbers or any(number is None for number in numbers):
        return None
    try:
        return len(range(*(number for number in numbers if number is not None)))
    except (TypeError, ValueError, OverflowError):
        return None


def _number(node: ast.expr, frame: FrameType) -> int | None:
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        sides = [_number(side, frame) for side in (node.left, node.right)]
        known = [side for side in sides if side is not None]
        return _OPERATIONS[type(node.op)](*known) if len(known) == len(sides) else None
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len" and node.args:
        return _length(_value(node.args[0], frame))
    value = _value(node, frame)
    return value if type(value) is int else None


def _length(value: Any) -> int | None:
    if type(value) is Tensor:
        return int(value.shape[0]) if value.dim() else None
    return len(value) if type(value) in (list, tuple, dict, range) else None


def _value(node: ast.expr, frame: FrameType) -> Any:
    """A constant, what a name is bound to, or an attribute that an object's own dictionary holds."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return next((names[node.id] for names in _scopes(frame) if node.id in names), None)
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, frame)
        own = getattr(owner, "__dict__", {}) if owner is not None else {}
        return own.get(node.attr) if isinstance(own, dict) else None
    return None


def _scopes(frame: FrameType) -> Iterator[dict[str, Any]]:
    yield frame.f_locals
    yield frame.f_globals
