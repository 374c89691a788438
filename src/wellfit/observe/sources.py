"""Lines of the user's source that a scan proposes, for what the run has already decided.

No verdict rests on these: they only say where to look.
"""

import ast
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import FunctionType
from typing import Any

from wellfit.model.place import Place
from wellfit.observe.places import is_user_code

_Function = ast.FunctionDef | ast.AsyncFunctionDef

_FILLS = {"zeros_": 0.0, "ones_": 1.0, "zero_": 0.0, "zeros": 0.0, "ones": 1.0}
_FILLS_WITH = {"constant_": 1, "fill_": 0, "full": 1, "fill": 1}
"""Calls that write one value, by the position of that value."""


def assignment_place(kind: type, attribute: str) -> Place | None:
    """The line in a class, or in a class that it derives from, which assigns `self.attribute`."""
    for base in kind.__mro__:
        for function in _functions_of(base):
            found = _assignment_in(function, attribute)
            if found is not None:
                return found
    return None


def constant_write_place(files: tuple[str, ...], value: float, attribute: str) -> Place | None:
    """The line that writes a value into tensors, where a single one in these files comes into question.

    A call that names another attribute of a module than the given one (bias, say) is passed over.
    """
    writes = [w for file in files for w in _writes(file) if w.value == value]
    named = [w for w in writes if w.attribute == attribute]
    chosen = named or [w for w in writes if w.attribute is None]
    places = {w.place for w in chosen}
    return places.pop() if len(places) == 1 else None


def user_files(kinds: list[type]) -> tuple[str, ...]:
    """The program's main file, and the files that define these classes."""
    files = [getattr(sys.modules.get("__main__"), "__file__", None)]
    files += [f.__code__.co_filename for kind in kinds for f in _functions_of(kind)]
    return tuple(dict.fromkeys(str(Path(f).absolute()) for f in files if f))


@dataclass(frozen=True)
class _Write:
    value: float
    attribute: str | None
    place: Place


def _functions_of(kind: type) -> Iterator[FunctionType]:
    for member in list(vars(kind).values()):
        function = member.__wrapped__ if hasattr(member, "__wrapped__") else member
        if isinstance(function, FunctionType) and is_user_code(function.__code__):
            yield function


@lru_cache(maxsize=32)
def tree_of(file: str) -> ast.Module | None:
    """The parsed source of a file; None where it cannot be read or is no Python."""
    try:
        with tokenize.open(file) as source:
            return ast.parse(source.read())
    except (OSError, SyntaxError, ValueError):
        return None


def _assignment_in(function: FunctionType, attribute: str) -> Place | None:
    code = function.__code__
    tree = tree_of(code.co_filename)
    for node in ast.walk(tree) if tree is not None else ():
        if isinstance(node, _Function) and node.name == code.co_name and _first_line(node) == code.co_firstlineno:
            for statement in ast.walk(node):
                if _assigns(statement, attribute):
                    line: int = statement.lineno  # type: ignore[attr-defined]
                    return Place(str(Path(code.co_filename).absolute()), line, code.co_name)
    return None


def _first_line(node: _Function) -> int:
    return min([node.lineno, *(d.lineno for d in node.decorator_list)])


def _assigns(statement: ast.AST, attribute: str) -> bool:
    if isinstance(statement, ast.Assign):
        return any(_is_own(t, attribute) for target in statement.targets for t in ast.walk(target))
    if isinstance(statement, (ast.AnnAssign, ast.AugAssign)):
        return _is_own(statement.target, attribute)
    return False


def _is_own(target: ast.AST, attribute: str) -> bool:
    return isinstance(target, ast.Attribute) and target.attr == attribute and isinstance(target.value, ast.Name)


@lru_cache(maxsize=32)
def _writes(file: str) -> tuple[_Write, ...]:
    tree = tree_of(file)
    return () if tree is None else tuple(_writes_below(tree, file, "<module>"))


def _writes_below(node: ast.AST, file: str, function: str) -> Iterator[_Write]:
    for child in ast.iter_child_nodes(node):
        name = child.name if isinstance(child, _Function) else function
        if isinstance(child, ast.Call):
            value = _written_value(child)
            if value is not None:
                yield _Write(value, _attribute_of(child), Place(file, child.lineno, name))
        yield from _writes_below(child, file, name)


def _written_value(call: ast.Call) -> float | None:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name in _FILLS:
        return _FILLS[name]
    position = _FILLS_WITH.get(name)
    given: Any = None
    if position is not None:
        given = call.args[position] if len(call.args) > position else None
        given = next((k.value for k in call.keywords if k.arg in ("val", "value", "fill_value")), given)
    number = given.value if isinstance(given, ast.Constant) else None
    return float(number) if isinstance(number, (int, float)) else None


def _attribute_of(call: ast.Call) -> str | None:
    """Name of the parameter's attribute that is written, such as weight in `layer.weight.data.fill_(1)`."""
    written: ast.AST | None = call.args[0] if call.args else None
    if isinstance(call.func, ast.Attribute) and call.func.attr in ("fill_", "zero_"):
        written = call.func.value
    while isinstance(written, ast.Attribute) and written.attr == "data":
        written = written.value
    return written.attr if isinstance(written, ast.Attribute) else None
