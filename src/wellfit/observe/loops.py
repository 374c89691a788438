"""Whether the loops that a call stands in end by themselves, or may be left early."""

import ast
from collections.abc import Iterator
from types import CodeType, FrameType

from wellfit.observe.places import is_torch_code, is_user_code, user_frame
from wellfit.observe.sources import tree_of

MOST_BETWEEN = 1
"""Frames of libraries between torch and the user's line: accelerate's wrapper is one, a trainer that loops is more."""

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LOOPS = (ast.For, ast.AsyncFor, ast.While)
_LEAVES = (ast.Return, ast.Yield, ast.YieldFrom)
_EXITS = ("exit", "quit", "_exit")


def run_to_their_end(frame: FrameType | None) -> bool:
    """Whether each loop around a call is a `for` that nothing leaves before its last round.

    A run within such loops is as long as it was meant to be; one that stops early on purpose is not.

    Args:
        frame: of the call, or of what it calls.
    """
    loops = [*_loops_around(frame)]
    return bool(loops) and all(isinstance(loop, ast.For) and not _may_be_left(loop) for loop in loops)


def _loops_around(frame: FrameType | None) -> Iterator[ast.AST]:
    """The loops in the user's functions that call each other; a `try` around one counts as one that is left early."""
    caller = user_frame(frame)
    if caller is None or _between(frame, caller) > MOST_BETWEEN:
        return
    while caller is not None and is_user_code(caller.f_code):
        inside = False
        for node in _statements_around(caller.f_code, caller.f_lineno):
            inside = inside or isinstance(node, _LOOPS)
            if isinstance(node, _LOOPS) or (inside and isinstance(node, ast.Try) and node.handlers):
                yield node
        caller = caller.f_back


def _between(frame: FrameType | None, caller: FrameType) -> int:
    count = 0
    while frame is not None and frame is not caller:
        count += not is_torch_code(frame.f_code)
        frame = frame.f_back
    return count


def _statements_around(code: CodeType, line: int) -> Iterator[ast.AST]:
    """What encloses a line within the function of some code, the innermost first."""
    around: list[ast.AST] = []
    node: ast.AST | None = tree_of(code.co_filename)
    while node is not None:
        if isinstance(node, _FUNCTIONS):
            around.clear()
        around.append(node)
        node = next((child for child in ast.iter_child_nodes(node) if _covers(child, line)), None)
    yield from reversed(around)


def _covers(node: ast.AST, line: int) -> bool:
    first, last = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    return first is not None and last is not None and first <= line <= last


def _may_be_left(loop: ast.AST) -> bool:
    return any(isinstance(node, ast.Break) for node in _below(loop, past_loops=False)) or any(
        isinstance(node, _LEAVES) or _is_exit(node) for node in _below(loop, past_loops=True)
    )


def _is_exit(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return getattr(called, "id", getattr(called, "attr", None)) in _EXITS


def _below(node: ast.AST, *, past_loops: bool) -> Iterator[ast.AST]:
    """All nodes below one, but for those in functions, and in loops whose `break` is their own."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _FUNCTIONS) or (isinstance(child, _LOOPS) and not past_loops):
            continue
        yield child
        yield from _below(child, past_loops=past_loops)
