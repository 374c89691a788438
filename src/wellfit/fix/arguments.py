"""Sets, adds and takes away arguments of a call."""

import libcst as cst

from wellfit.fix.calls import argument_of
from wellfit.fix.program import Program
from wellfit.model.change import Change


def set_argument(program: Program, call: cst.Call, name: str, value: str, *, position: int) -> Change:
    """An argument gets a value, where it stands already or by its name behind the others.

    Args:
        program: the file of the call.
        call: whose argument is set.
        name: of the argument.
        value: its text.
        position: at which it may stand without its name; -1 where it may not.

    Raises:
        RefusedError: arguments are handed over by `*` or `**`.
    """
    known = argument_of(call, position, name)
    return program.replaced(known.value, value) if known else add_argument(program, call, f"{name}={value}")


def add_argument(program: Program, call: cst.Call, text: str) -> Change:
    """One more argument behind the others, on a line of its own where the last one has its own."""
    if not call.args:
        end = program.span(call)[1] - 1
        return program.change(end, end, text)
    last = call.args[-1]
    at = program.span(last)[1]
    if _has_own_lines(program, call):
        first_line = program.line_text(program.lines(last).start)
        indentation = first_line[: len(first_line) - len(first_line.lstrip())]
        return program.change(at, at, f",{program.newline}{indentation}{text}")
    return program.change(at, at, f", {text}")


def _has_own_lines(program: Program, call: cst.Call) -> bool:
    """Whether the last argument begins a line, with a comma behind it and the bracket on a later line."""
    last = call.args[-1]
    lines = program.lines(last)
    start, _ = program.span(last)
    alone = not program.text[program.line_start(lines.start) : start].strip()
    return alone and isinstance(last.comma, cst.Comma) and program.lines(call)[-1] > lines[-1]


def without_argument(program: Program, call: cst.Call, argument: cst.Arg) -> Change:
    """An argument taken away with one of its commas."""
    position = call.args.index(argument)
    start, end = program.span(argument)
    if position > 0:
        return program.change(program.span(call.args[position - 1])[1], end, "")
    if len(call.args) > 1:
        return program.change(start, program.span(call.args[1])[0], "")
    return program.change(start, end, "")
