"""How an optimizer of the program goes through its run: where it is bound, which loops step it, and how often."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

import libcst as cst

from wellfit.fix.draft import RefusedError
from wellfit.fix.loops import Loop
from wellfit.fix.program import Program, dotted, walk
from wellfit.fix.settings.callers import Level, bindings, bound_by, handed, levels_of, scope_of
from wellfit.fix.settings.rounds import Factors, conditions_between, loops_of, rounds_of
from wellfit.fix.settings.values import Files, parameter_position


@dataclass(frozen=True, slots=True)
class Course:
    """The way from an optimizer to its step.

    Args:
        step: the innermost level: the call of step().
        bound: the one statement that binds the optimizer to a name.
        target: that name.
        program: file in which it is bound.
        level: where the outermost loop of its steps is; None where that is not certain.
        optimizer: how the optimizer is read there.
        loop: that loop.
        steps: how many steps there are, as the text of an expression that can be read before that loop; empty where
            that is not certain.
    """

    step: Level
    bound: cst.Assign | cst.AnnAssign
    target: cst.BaseExpression
    program: Program
    level: Level | None = None
    optimizer: str = ""
    loop: Loop | None = None
    steps: str = ""


def course_of(files: Files, program: Program, call: cst.Call, target: cst.BaseExpression) -> Course:
    """The course of the optimizer that a call of step() steps.

    Args:
        files: of the program.
        program: file of the call.
        call: `optimizer.step()`, or `scaler.step(optimizer)`.
        target: the optimizer in it.

    Raises:
        RefusedError: what it steps is bound at several places, or not by a name.
    """
    levels = levels_of(files, program, call)
    names = _names(levels, target)
    bound = bindings(levels[len(names) - 1].program, names[-1])
    if len(bound) != 1 or not isinstance(bound[0], (cst.Assign, cst.AnnAssign)) or bound[0].value is None:
        raise RefusedError(f"{dotted(names[-1])} is bound at {len(bound)} places, or not by one value")
    course = Course(levels[0], bound[0], names[-1], levels[len(names) - 1].program)
    try:
        return _followed(files, course, levels, names)
    except RefusedError:
        return course


def _names(levels: list[Level], target: cst.BaseExpression) -> list[cst.BaseExpression]:
    """What the optimizer is called at each level, from its step to where that is no parameter any more."""
    found = [target]
    while True:
        level = levels[len(found) - 1]
        if dotted(found[-1]) is None:
            raise RefusedError(f"the optimizer is stepped as `{level.program.source(found[-1])}`")
        if not isinstance(found[-1], cst.Name):
            return found
        scope = scope_of(level.program, found[-1])
        if scope is None or parameter_position(scope, found[-1].value) is None:
            return found
        if scope is not level.function or len(found) == len(levels):
            raise RefusedError(f"where {found[-1].value} comes from is not certain")
        given = handed(levels[len(found)], found[-1])
        if given is None:
            raise RefusedError(f"where {found[-1].value} comes from is not certain")
        found.append(given)


def _followed(files: Files, course: Course, levels: list[Level], names: list[cst.BaseExpression]) -> Course:
    """With its outermost loop, and the number of steps."""
    last = _last(course, levels, names)
    outer = [n for n in range(last + 1) if _repeating(levels[n], course.bound)]
    if not outer:
        raise RefusedError("no loop of the script steps it")
    top = outer[-1]
    loop = _repeating(levels[top], course.bound)[-1]
    optimizer = lifted(levels, [names[min(top, len(names) - 1)]], min(top, len(names) - 1), top)
    found = replace(course, level=levels[top], optimizer=optimizer, loop=loop)
    try:
        steps = _product(files, levels[: top + 1], course.bound)
    except RefusedError:
        return found
    return found if _changes_within(loop, steps) else replace(found, steps=steps)


def _last(course: Course, levels: list[Level], names: list[cst.BaseExpression]) -> int:
    """The level above which nothing repeats the steps of one optimizer.

    Raises:
        RefusedError: it lies in functions that several places call, or none.
    """
    at = len(names) - 1
    program = levels[at].program
    scope = program.function(course.bound)
    if isinstance(names[-1], cst.Name):
        for number in range(at, len(levels)):
            if levels[number].program is program and levels[number].function is scope:
                return number
    elif levels[-1].function is None:
        return _outside(program, course.bound, levels, at)
    raise RefusedError("how often the function around its step is called is not certain")


def _outside(program: Program, bound: cst.CSTNode, levels: list[Level], at: int) -> int:
    """Of an optimizer that an object holds: the level at which the object itself is made."""
    owner = program.around(bound, cst.ClassDef)
    for number in range(at, len(levels)):
        level = levels[number]
        if level.program.around(level.node, cst.ClassDef) is owner or not isinstance(level.node, cst.Call):
            continue
        holder = level.node.func.value if isinstance(level.node.func, cst.Attribute) else None
        made = bindings(level.program, holder) if isinstance(holder, cst.Name) else []
        if isinstance(holder, cst.Call) and not loops_of(level):
            return number
        if len(made) != 1 or level.program.function(made[0]) is not level.function:
            raise RefusedError("where the object that holds the optimizer is made is not certain")
        if any(made[0] in walk(loop) for loop in loops_of(level)):
            raise RefusedError("the object that holds the optimizer is made in a loop")
        return number
    return len(levels) - 1


def _repeating(level: Level, bound: cst.CSTNode) -> list[Loop]:
    """Loops around a level's node that do not make the optimizer anew."""
    found: list[Loop] = []
    for loop in loops_of(level):
        if any(node is bound for node in level.program.within(loop, type(bound))):
            break
        found.append(loop)
    return found


def _product(files: Files, levels: list[Level], bound: cst.CSTNode) -> str:
    """The rounds of all loops, as text that can be read at the last level."""
    factors: list[str] = []
    for number, level in enumerate(levels):
        below, loops = level.node, _repeating(level, bound)
        for loop in loops:
            factors.append(lifted(levels, rounds_of(files, level.program, below, loop), number, len(levels) - 1))
            below = loop
        if number < len(levels) - 1:
            _refuse_unsure(level, below)
    return " * ".join(reversed(factors))


def _refuse_unsure(level: Level, below: cst.CSTNode) -> None:
    """Refuse a function that may end before it gets to a node.

    Raises:
        RefusedError: it may.
    """
    program, function = level.program, level.function
    start, _ = program.span(below)
    returns = program.within(function, cst.Return) if function is not None else []
    early = [one for one in returns if program.function(one) is function and program.span(one)[0] < start]
    if early or conditions_between(program, below, None):
        raise RefusedError("a condition decides whether it steps")


def lifted(levels: list[Level], factors: Factors, start: int, end: int) -> str:
    """Expressions of one level as they are written at another, further out.

    Args:
        levels: from the step outwards.
        factors: parts of the program at the first of these two, and text between them.
        start: number of the level that they are read at.
        end: number of the level that they are to be read at.

    Raises:
        RefusedError: they hang on names that are not known there.
    """
    return "".join(part if isinstance(part, str) else _lifted(levels, part, start, end) for part in factors)


def _lifted(levels: list[Level], given: cst.BaseExpression, start: int, end: int) -> str:
    program = levels[start].program
    if start == end:
        return program.source(given)
    offset, _ = program.span(given)
    text = program.source(given)
    for name in reversed(list(_read(program, given))):
        new = _name_outside(levels, name, start, end)
        if new is not None:
            at = program.span(name)[0] - offset
            text = f"{text[:at]}{new}{text[at + len(name.value) :]}"
    return text


def _read(program: Program, given: cst.BaseExpression) -> Iterator[cst.Name]:
    """Names that an expression reads, in the order of the text; not those of attributes and arguments."""
    for name in program.within(given, cst.Name):
        above = program.parent(name)
        label = isinstance(above, cst.Attribute) and above.attr is name and name is not given
        if not label and not (isinstance(above, cst.Arg) and above.keyword is name):
            yield name


def _name_outside(levels: list[Level], name: cst.Name, start: int, end: int) -> str | None:
    """What a name of one level is called at another, further out; None where it is the same."""
    level, outer = levels[start], levels[start + 1]
    program = level.program
    if name.value == "self" and level.function is not None and program.around(level.function, cst.ClassDef) is not None:
        holder = outer.node.func if isinstance(outer.node, cst.Call) else None
        if not isinstance(holder, cst.Attribute):
            raise RefusedError("who calls the method is not certain")
        return _lifted(levels, holder.value, start + 1, end)
    scope = scope_of(program, name)
    if scope is level.function and scope is not None and parameter_position(scope, name.value) is not None:
        given = handed(outer, name)
        if given is None:
            raise RefusedError(f"{name.value} is left at its default")
        text = _lifted(levels, given, start + 1, end)
        return text if dotted(given) or isinstance(given, cst.Integer) else f"({text})"
    known = program.is_builtin(name) or scope is None or scope in outer.program.ancestors(outer.node)
    if not known or (outer.program is not program and not program.is_builtin(name)):
        raise RefusedError(f"{name.value} is known in a function only")
    return None


def names_in(text: str) -> set[str]:
    """Names and attributes that an expression reads: `{"args", "args.epochs"}`."""
    nodes = ast.walk(ast.parse(text, mode="eval"))
    return {ast.unparse(node) for node in nodes if isinstance(node, (ast.Name, ast.Attribute))}


def _changes_within(loop: Loop, text: str) -> bool:
    """Whether a loop binds what an expression reads anew, so that it may have another value before it."""
    read = names_in(text)
    return any(dotted(part) in read for node in walk(loop) for part in bound_by(node))
