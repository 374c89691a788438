"""One file of the user's program, parsed: its statements, names and calls, and where each stands in the text."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar, cast

import libcst as cst
from libcst.metadata import (
    CodeRange,
    MetadataWrapper,
    ParentNodeProvider,
    PositionProvider,
    QualifiedName,
    QualifiedNameProvider,
    QualifiedNameSource,
)

from wellfit.fix.draft import RefusedError
from wellfit.model.change import Change, split_lines
from wellfit.model.place import Place
from wellfit.model.source import Sources

Node = TypeVar("Node", bound=cst.CSTNode)
Line = cst.SimpleStatementLine | cst.BaseCompoundStatement
"""What stands in the body of a block: a line of small statements, or a statement with a block of its own."""


class Program:
    """A parsed file; every question about a node is asked here.

    Args:
        file: absolute path, as places carry it.
        text: decoded, without a byte order mark, with its line ends as they are.

    Raises:
        RefusedError: the text is no Python that can be parsed.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text = file, text
        try:
            wrapper = MetadataWrapper(cst.parse_module(text), unsafe_skip_copy=True)
            found = wrapper.resolve_many([PositionProvider, ParentNodeProvider, QualifiedNameProvider])
            lossless = wrapper.module.code == text
        except (cst.ParserSyntaxError, cst.CSTValidationError, RecursionError, ValueError) as error:
            raise RefusedError("the file cannot be parsed") from error
        if not lossless:
            raise RefusedError("the file cannot be parsed without loss")
        self.module = wrapper.module
        self._positions = cast("Mapping[cst.CSTNode, CodeRange]", found[PositionProvider])
        self._parents = cast("Mapping[cst.CSTNode, cst.CSTNode]", found[ParentNodeProvider])
        self._names = found[QualifiedNameProvider]
        self._starts = _line_starts(text)
        self.newline = "\r\n" if "\r\n" in text else self.module.default_newline

    # -- where

    def lines(self, node: cst.CSTNode) -> range:
        """Numbers of the lines that a node stands on; the first line is 1."""
        position = self._positions[node]
        return range(position.start.line, position.end.line + 1)

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """First character of a node and the one after its last; brackets around an expression are not counted."""
        position = self._positions[node]
        return self._offset(position.start.line, position.start.column), self._offset(
            position.end.line, position.end.column
        )

    def whole_span(self, node: cst.BaseExpression) -> tuple[int, int]:
        """The span of an expression with the brackets around it."""
        if not node.lpar:
            return self.span(node)
        return self.span(node.lpar[0])[0], self.span(node.rpar[-1])[1]

    def _offset(self, line: int, column: int) -> int:
        return self.line_start(line) + column

    def line_start(self, line: int) -> int:
        """The first character of a line; the end of the text for the line after the last."""
        return self._starts[line - 1] if line <= len(self._starts) else len(self.text)

    def line_text(self, line: int) -> str:
        """A line without its end."""
        return self.text[self.line_start(line) : self.line_start(line + 1)].rstrip("\r\n")

    def source(self, node: cst.CSTNode) -> str:
        """The text of a node, without brackets around it."""
        start, end = self.span(node)
        return self.text[start:end]

    def whole_source(self, node: cst.BaseExpression) -> str:
        """The text of an expression with the brackets around it."""
        start, end = self.whole_span(node)
        return self.text[start:end]

    # -- around

    def parent(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node that holds another."""
        return self._parents.get(node)

    def ancestors(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The nodes around a node, innermost first."""
        above = self.parent(node)
        while above is not None:
            yield above
            above = self.parent(above)

    def around(self, node: cst.CSTNode, kind: type[Node]) -> Node | None:
        """The innermost node of a kind around a node."""
        return next((above for above in self.ancestors(node) if isinstance(above, kind)), None)

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The innermost function around a node."""
        return self.around(node, cst.FunctionDef)

    def within(self, node: cst.CSTNode, kind: type[Node]) -> list[Node]:
        """All nodes of a kind in a node, itself included, in the order of the text."""
        return [found for found in walk(node) if isinstance(found, kind)]

    # -- names

    def imported_name(self, node: cst.CSTNode) -> str | None:
        """`torch.nn.functional.softmax` for whatever an import makes it be called; None for names of the program."""
        names = [n for n in self._qualified(node) if n.source is QualifiedNameSource.IMPORT]
        if len(names) == 1:
            return names[0].name
        return self._through_alias(node)

    def _qualified(self, node: cst.CSTNode) -> set[QualifiedName]:
        names = self._names.get(node, set())
        return cast("set[QualifiedName]", names() if callable(names) else names)

    def _through_alias(self, node: cst.CSTNode) -> str | None:
        """`F.softmax` where the program says `F = torch.nn.functional`."""
        if isinstance(node, cst.Attribute):
            stem = self.imported_name(node.value)
            return f"{stem}.{node.attr.value}" if stem else None
        values = [value for _, value in self.assignments(node)] if isinstance(node, cst.Name) else []
        if len(values) != 1 or not isinstance(values[0], (cst.Attribute, cst.Name)) or same(values[0], node):
            return None
        return self.imported_name(values[0])

    def is_builtin(self, node: cst.CSTNode) -> bool:
        """Whether a name is Python's own: float, list, len ..."""
        return any(n.source is QualifiedNameSource.BUILTIN for n in self._qualified(node))

    def assignments(self, target: cst.BaseExpression) -> list[tuple[cst.BaseSmallStatement, cst.BaseExpression]]:
        """Statements that bind a name, or an attribute of `self` in the same class, with the value each gives it."""
        found: list[tuple[cst.BaseSmallStatement, cst.BaseExpression]] = []
        for statement in (s for s in walk(self.module) if isinstance(s, (cst.Assign, cst.AnnAssign))):
            value = _value_for(statement, target)
            if value is not None and self._sees(target, statement):
                found.append((statement, value))
        return found

    def _sees(self, target: cst.CSTNode, statement: cst.CSTNode) -> bool:
        """Whether what a statement binds is what a node reads: one class for attributes, an outer scope for names."""
        if isinstance(target, cst.Attribute):
            return self.around(target, cst.ClassDef) is self.around(statement, cst.ClassDef)
        owner = self.function(statement) or self.around(statement, cst.ClassDef)
        return owner is None or owner in self.ancestors(target)

    # -- changes

    def change(self, start: int, end: int, text: str) -> Change:
        """A stretch of this file and what takes its place."""
        return Change(self.file, start, end, text)

    def replaced(self, node: cst.CSTNode, text: str) -> Change:
        """A node's own text, without brackets around it, exchanged."""
        return self.change(*self.span(node), text)

    def followed(self, node: cst.BaseExpression, text: str) -> Change:
        """More behind an expression, a method's call or a product; it gets brackets where it needs them."""
        closed = isinstance(node, _CLOSED) or node.lpar
        source = self.whole_source(node)
        return self.change(*self.whole_span(node), f"{source if closed else f'({source})'}{text}")

    def within_brackets(self, inner: cst.BaseExpression, outer: cst.BaseExpression) -> str:
        """The text of an expression as it may stand in the place of a larger one, in brackets where it needs them."""
        text = self.source(inner)
        whole = isinstance(self.parent(outer), (cst.Arg, cst.Return, cst.Assign, cst.AnnAssign, cst.Expr, cst.Element))
        closed = isinstance(inner, _CLOSED) or (isinstance(inner, _OPERATORS) and (whole or bool(outer.lpar)))
        return text if closed and _parses(text) else f"({text})"


_CLOSED = (cst.Name, cst.Attribute, cst.Call, cst.Subscript, cst.Integer, cst.Float, cst.List, cst.Dict)
"""Expressions that need no brackets wherever they stand."""
_OPERATORS = (cst.BinaryOperation, cst.UnaryOperation, cst.Comparison, cst.BooleanOperation, cst.IfExp)
"""Expressions that need them only inside another expression."""


def _parses(text: str) -> bool:
    """Whether an expression stands without brackets around it: one that is broken over lines may not."""
    try:
        ast.parse(text, mode="eval")
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _line_starts(text: str) -> list[int]:
    starts = [0]
    for line in split_lines(text):
        starts.append(starts[-1] + len(line))
    return starts[:-1] or [0]


def _value_for(statement: cst.Assign | cst.AnnAssign, target: cst.BaseExpression) -> cst.BaseExpression | None:
    """What an assignment gives a target, taken out of `a, b = x, y` too."""
    if isinstance(statement, cst.AnnAssign):
        return statement.value if same(statement.target, target) else None
    for goal in statement.targets:
        if same(goal.target, target):
            return statement.value
        goals = goal.target.elements if isinstance(goal.target, (cst.Tuple, cst.List)) else ()
        values = statement.value.elements if isinstance(statement.value, (cst.Tuple, cst.List)) else ()
        if len(goals) == len(values):
            pairs = zip(goals, values, strict=True)
            found = next((value.value for one, value in pairs if same(one.value, target)), None)
            if found is not None:
                return found
    return None


def same(one: cst.CSTNode, other: cst.CSTNode) -> bool:
    """Whether two names or chains of attributes read alike; anything else is never the same."""
    chain = dotted(one)
    return chain is not None and chain == dotted(other)


def dotted(node: cst.CSTNode) -> str | None:
    """`self.net.head` for a chain of plain names, None for anything else."""
    if isinstance(node, cst.Name):
        return node.value
    stem = dotted(node.value) if isinstance(node, cst.Attribute) else None
    return f"{stem}.{node.attr.value}" if stem and isinstance(node, cst.Attribute) else None


def root_name(node: cst.CSTNode) -> str | None:
    """`net` of `net`, `net.head`, `net[2].weight` and `net.head.parameters()`."""
    while isinstance(node, (cst.Attribute, cst.Subscript, cst.Call)):
        node = node.func if isinstance(node, cst.Call) else node.value
    return node.value if isinstance(node, cst.Name) else None


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


@dataclass(frozen=True, slots=True)
class Project:
    """The files that a report speaks of; each is parsed once, when it is first asked for."""

    sources: Sources
    _parsed: dict[str, Program | RefusedError] = field(default_factory=dict)

    def program(self, place: Place | None) -> Program:
        """The file of a place.

        Raises:
            RefusedError: there is no place, or the file could not be read or parsed.
        """
        if place is None:
            raise RefusedError("the run gave no line")
        if place.file not in self._parsed:
            self._parsed[place.file] = self._parse(place.file)
        parsed = self._parsed[place.file]
        if isinstance(parsed, RefusedError):
            raise parsed
        return parsed

    def _parse(self, file: str) -> Program | RefusedError:
        if file not in self.sources.files:
            return RefusedError("the file could not be read")
        try:
            return Program(file, "".join(self.sources.files[file]))
        except RefusedError as refused:
            return refused
