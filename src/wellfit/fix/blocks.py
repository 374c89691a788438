"""Puts statements into blocks, takes them away and moves them, with comments, indentation and line ends in place."""

from collections.abc import Sequence

import libcst as cst

from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Line, Program, walk
from wellfit.model.change import Change
from wellfit.model.place import Place

Small = cst.BaseSmallStatement


def line_of(program: Program, node: cst.CSTNode) -> Line:
    """The statement of a block's body that a node belongs to: its whole line, or the compound statement."""
    for one in (node, *program.ancestors(node)):
        if isinstance(program.parent(one), (cst.Module, cst.IndentedBlock)):
            return _checked(one)
    raise RefusedError("the line belongs to no block")


def _checked(node: cst.CSTNode) -> Line:
    if isinstance(node, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        return node
    raise RefusedError("the line belongs to no block")


def small_at(program: Program, place: Place | None) -> Small:
    """The one small statement on a line.

    Raises:
        RefusedError: there is none, or several stand there.
    """
    line = place.line if place else 0
    found = [
        statement
        for statement in walk(program.module)
        if isinstance(statement, cst.BaseSmallStatement) and line in program.lines(statement)
    ]
    if len(found) != 1:
        raise RefusedError("several statements stand on this line" if found else "no statement stands on this line")
    return found[0]


def siblings(program: Program, line: Line) -> Sequence[Line]:
    """The statements of the block that a statement stands in, itself included."""
    block = program.parent(line)
    if not isinstance(block, (cst.Module, cst.IndentedBlock)):
        raise RefusedError("the line belongs to no block")
    return [_checked(one) for one in block.body]


def enclosing(program: Program, line: cst.CSTNode) -> cst.BaseCompoundStatement | None:
    """The statement whose block a statement stands in; None at the top level."""
    return next((a for a in program.ancestors(line) if isinstance(a, cst.BaseCompoundStatement)), None)


def last_line(program: Program, line: Line) -> int:
    """The number of a statement's last line, of all its blocks where it has some."""
    return max(
        program.lines(one)[-1]
        for one in walk(line)
        if isinstance(one, (cst.SimpleStatementLine, cst.SimpleStatementSuite)) or one is line
        if not isinstance(one, cst.BaseCompoundStatement)
    )


def first_line(program: Program, line: Line) -> int:
    """The number of a statement's first line, with its decorators and the comments right above it."""
    number = program.lines(line).start
    if isinstance(line, (cst.FunctionDef, cst.ClassDef)):
        number = min([number, *(program.lines(decorator).start for decorator in line.decorators)])
    indentation = indent(program, line)
    while number > 1 and program.line_text(number - 1).startswith(f"{indentation}#"):
        number -= 1
    return number


def indent(program: Program, line: Line) -> str:
    """The white space before a statement."""
    text = program.line_text(program.lines(line).start)
    return text[: len(text) - len(text.lstrip())]


def put_before(program: Program, line: Line, code: str) -> Change:
    """A new line before a statement and the comments that belong to it."""
    at = program.line_start(first_line(program, line))
    return program.change(at, at, f"{indent(program, line)}{code}{program.newline}")


def put_after(program: Program, line: Line, code: str) -> Change:
    """A new line after a statement, behind all its blocks."""
    number = last_line(program, line)
    at = program.line_start(number + 1)
    ends = program.text[:at].endswith(("\n", "\r"))
    text = f"{indent(program, line)}{code}"
    return program.change(at, at, f"{text}{program.newline}" if ends else f"{program.newline}{text}")


def put_before_small(program: Program, small: Small, code: str) -> Change:
    """A new statement before a small one: on a line of its own, or before a semicolon where the line holds more."""
    if _has_line(program, small):
        return put_before(program, line_of(program, small), code)
    start, _ = program.span(small)
    return program.change(start, start, f"{code}; ")


def put_after_small(program: Program, small: Small, code: str) -> Change:
    """A new statement after a small one: on a line of its own, or behind a semicolon where the line holds more."""
    if _has_line(program, small):
        return put_after(program, line_of(program, small), code)
    _, end = program.span(small)
    return program.change(end, end, f"; {code}")


def _has_line(program: Program, small: Small) -> bool:
    parent = program.parent(small)
    return isinstance(parent, cst.SimpleStatementLine) and len(parent.body) == 1


def remove(program: Program, small: Small) -> Change:
    """A small statement taken away; where its block would be empty, `pass` takes its place."""
    parent = program.parent(small)
    if not isinstance(parent, (cst.SimpleStatementLine, cst.SimpleStatementSuite)):
        raise RefusedError("the statement belongs to no block")
    if len(parent.body) > 1:
        return _remove_part(program, parent.body, small)
    if isinstance(parent, cst.SimpleStatementLine) and len(siblings(program, parent)) > 1:
        return remove_line(program, parent)
    return program.replaced(small, "pass")


def _remove_part(program: Program, parts: Sequence[Small], small: Small) -> Change:
    """`b` out of `a; b; c`, with one of its semicolons."""
    position = parts.index(small)
    if position + 1 < len(parts):
        return program.change(program.span(small)[0], program.span(parts[position + 1])[0], "")
    return program.change(program.span(parts[position - 1])[1], program.span(small)[1], "")


def remove_line(program: Program, line: Line) -> Change:
    """A statement taken away with its lines; the comments above it stay."""
    number = program.lines(line).start
    return program.change(program.line_start(number), program.line_start(last_line(program, line) + 1), "")


def line_code(program: Program, line: cst.SimpleStatementLine) -> str:
    """A statement's text with the comment behind it, without indentation and line end.

    Raises:
        RefusedError: it is broken over lines, so that it cannot simply be written elsewhere.
    """
    numbers = program.lines(line)
    if len(numbers) > 1:
        raise RefusedError("the statement that would move is broken over lines")
    return program.line_text(numbers.start).strip()


def simple_line(program: Program, node: cst.CSTNode) -> cst.SimpleStatementLine:
    """The line of one small statement that a node belongs to.

    Raises:
        RefusedError: it shares its line with others, or is the head of a block.
    """
    line = line_of(program, node)
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1:
        raise RefusedError("the statement shares its line with others")
    return line
