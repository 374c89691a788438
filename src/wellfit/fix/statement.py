"""One line of the user's source that is a whole statement, and how to change parts of it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from wellfit.model.place import Place
from wellfit.model.source import Sources

SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that begins and ends on one line.

    Args:
        text: the line without its indentation.
        tree: the line, parsed.
        modules: names that the file binds by imports; `F.softmax(x)` is a function's call, `x.softmax()` a method's.
    """

    place: Place
    text: str
    tree: ast.stmt
    modules: frozenset[str]

    def calls(self, name: str) -> list[ast.Call]:
        """Calls of a function or method with this last name, outermost first."""
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.Call) and last_name(node.func) == name]

    def is_function(self, call: ast.Call) -> bool:
        """Whether what is called belongs to a module or is a plain name, and so takes its input as an argument."""
        root = call.func
        while isinstance(root, ast.Attribute):
            root = root.value
        return isinstance(call.func, ast.Name) or (isinstance(root, ast.Name) and root.id in self.modules)

    def segment(self, node: ast.expr) -> str:
        """The text of a part."""
        start, end = _span(node)
        return self.text.encode()[start:end].decode()

    def replaced(self, node: ast.expr, text: str) -> str:
        """The line with a part exchanged."""
        (start, end), raw = _span(node), self.text.encode()
        return (raw[:start] + text.encode() + raw[end:]).decode()

    def is_whole_value(self, node: ast.expr) -> bool:
        """Whether a part is all that the statement returns, assigns or evaluates."""
        return getattr(self.tree, "value", None) is node


def read_statement(place: Place | None, sources: Sources) -> Statement | None:
    """The statement at a place, or None where the line is gone or is no whole simple statement."""
    line = None if place is None else sources.line(place)
    if place is None or line is None:
        return None
    try:
        body = ast.parse(line.strip()).body
        whole = ast.parse("".join(sources.files[place.file]))
    except (SyntaxError, ValueError, RecursionError):
        return None
    if len(body) != 1 or not isinstance(body[0], SIMPLE):
        return None
    return Statement(place, line.strip(), body[0], frozenset(_imported(whole)))


def last_name(node: ast.expr) -> str | None:
    """`softmax` of `softmax`, `F.softmax` and `x.softmax`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name).split(".")[0] for alias in node.names)


def _span(node: ast.expr) -> tuple[int, int]:
    if node.end_col_offset is None:
        raise ValueError("a parsed node has an end")
    return node.col_offset, node.end_col_offset
