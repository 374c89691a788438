"""The schedule that a script has already makes room for another one."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from wellfit.fix.blocks import line_of, put_after, put_before, remove, remove_line, siblings
from wellfit.fix.calls import argument_of, calls_at
from wellfit.fix.draft import RefusedError
from wellfit.fix.loops import Loop
from wellfit.fix.program import Line, Program, dotted, same, walk
from wellfit.fix.settings.callers import bindings, bound_by, calls_of, scope_of
from wellfit.fix.settings.course import Course, names_in
from wellfit.fix.settings.stepping import Step, Wanted, hooked, lines_of
from wellfit.fix.settings.values import Files, parameter_position, parameters_of
from wellfit.model.change import Change
from wellfit.model.events.rates import RatesSeen

ROOM = "torch.optim.lr_scheduler."

COMPUTING = ("abs", "float", "int", "len", "max", "min", "round", "sum")
"""Functions of Python that change nothing."""


@dataclass(frozen=True, slots=True)
class Old:
    """A schedule that the script has.

    Args:
        program: file that makes it.
        call: that makes it.
        statement: that binds it.
        target: its name.
        steps: calls of its step(), with what it is called there.
    """

    program: Program
    call: cst.Call
    statement: cst.Assign
    target: cst.BaseExpression
    steps: tuple[tuple[Program, cst.Expr, cst.Call], ...]

    @property
    def optimizer(self) -> str:
        """The optimizer, as the call names it.

        Raises:
            RefusedError: it does not.
        """
        given = argument_of(self.call, 0, "optimizer")
        if given is None:
            raise RefusedError("the schedule that is there is made without an optimizer")
        return self.program.source(given.value)


def old_of(files: Files, seen: RatesSeen) -> Old:
    """The schedule of an optimizer.

    Args:
        files: of the program.
        seen: what a run told of the optimizer.

    Raises:
        RefusedError: how it is made, or where it is stepped, is not certain.
    """
    program = files.project.program(seen.scheduled_at)
    others = [
        call
        for other in files.programs
        for call in other.within(other.module, cst.Call)
        if (other.imported_name(call.func) or "").startswith(ROOM)
    ]
    if len(others) > 1:
        raise RefusedError(f"the script makes {len(others)} schedules, and which of them are one is not certain")
    for call in calls_at(program, seen.scheduled_at):
        statement = program.parent(call)
        if isinstance(statement, cst.Assign) and len(statement.targets) == 1:
            target = statement.targets[0].target
            if dotted(target) is not None and len(bindings(program, target)) == 1:
                return Old(program, call, statement, target, tuple(_steps(files, program, target)))
    raise RefusedError(f"the line that makes the {seen.scheduler} does not give it a name of its own")


def _steps(files: Files, program: Program, target: cst.BaseExpression) -> Iterator[tuple[Program, cst.Expr, cst.Call]]:
    """Where it is stepped, by its name, or by that of the parameter that a function gets it as."""
    for read in _reads(program, target):
        above = program.parent(read)
        if isinstance(above, cst.Attribute):
            yield from _stepped(program, above)
        elif isinstance(above, cst.Arg):
            yield from _handed_on(files, program, above)
        elif not isinstance(above, (cst.AssignTarget, cst.Comparison, cst.If, cst.BooleanOperation)):
            raise RefusedError("the schedule that is there is handed on")


def _reads(program: Program, target: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(target, cst.Name):
        scope = scope_of(program, target)
        for name in program.within(program.module, cst.Name):
            label = isinstance(above := program.parent(name), cst.Attribute) and above.attr is name
            named = isinstance(above, (cst.Arg, cst.Param)) and getattr(above, "keyword", name) is name
            if name.value == target.value and not label and not named and scope_of(program, name) is scope:
                yield name
        return
    owner = program.around(target, cst.ClassDef)
    last = (dotted(target) or "").rpartition(".")[2]
    for attribute in program.within(program.module, cst.Attribute):
        if same(attribute, target) and program.around(attribute, cst.ClassDef) is owner:
            yield attribute
        elif attribute.attr.value == last and program.imported_name(attribute) is None:
            raise RefusedError(f"{program.source(attribute)} may be the schedule that is there")


def _stepped(program: Program, attribute: cst.Attribute) -> Iterator[tuple[Program, cst.Expr, cst.Call]]:
    call = program.parent(attribute)
    if attribute.attr.value != "step":
        return
    statement = program.parent(call) if isinstance(call, cst.Call) else None
    if not isinstance(call, cst.Call) or not isinstance(statement, cst.Expr):
        raise RefusedError("step() of the schedule that is there stands within another expression")
    yield program, statement, call


def _handed_on(files: Files, program: Program, given: cst.Arg) -> Iterator[tuple[Program, cst.Expr, cst.Call]]:
    """Steps in the function of the program's own that gets it."""
    call = program.parent(given)
    for other in files.programs:
        for function in other.within(other.module, cst.FunctionDef):
            if isinstance(call, cst.Call) and any(node is call for _, node in calls_of(files, other, function)):
                yield from _steps(files, other, _parameter(function, call, given))
                return
    raise RefusedError("the schedule that is there is handed on to a library")


def _parameter(function: cst.FunctionDef, call: cst.Call, given: cst.Arg) -> cst.Name:
    """The parameter that a call hands an argument over for."""
    for parameter in parameters_of(function):
        position = parameter_position(function, parameter.name.value)
        if position is not None and argument_of(call, position, parameter.name.value) is given:
            return parameter.name
    raise RefusedError("the schedule that is there is handed on by * or **")


def in_place_of(old: Old, step: Step | None, wanted: Wanted, name: str) -> Iterator[Change]:
    """Another schedule under the same name, stepped behind each step of the optimizer.

    Args:
        old: the schedule that makes room.
        step: of the optimizer.
        wanted: the new one.
        name: by which `wellfit.schedule` is called.

    Raises:
        RefusedError: where the optimizer steps is not certain, or the old schedule names none.
    """
    if step is None:
        raise RefusedError("there is a schedule already, and where the optimizer steps is not certain")
    stays = _stays(old, step)
    known_as = None if step.is_scaled else _name_at(old, step)
    hook = [] if stays or known_as else [hooked(old.optimizer, old.program.source(old.target))]
    yield from _made(old, step.course, wanted, name, hook)
    if stays:
        return
    for program, statement, call in old.steps:
        yield _without(program, statement, call)
    if known_as is not None:
        yield step.followed_by(known_as)


def _without(program: Program, statement: cst.Expr, call: cst.Call) -> Change:
    """A step of the old schedule taken away; what it was handed is still computed where that may do something."""
    acting = [argument for argument in call.args if any(_acts(program, c) for c in program.within(argument, cst.Call))]
    whole = _whole(program, statement, call)
    if not acting and isinstance(whole, cst.If) and len(siblings(program, whole)) > 1:
        return remove_line(program, whole)
    if not acting:
        return remove(program, statement)
    return program.replaced(statement, ", ".join(program.whole_source(argument.value) for argument in acting))


def _acts(program: Program, call: cst.Call) -> bool:
    """Whether a call may do more than compute: all but Python's own functions of numbers, and reading a tensor."""
    reads = isinstance(call.func, cst.Attribute) and call.func.attr.value == "item"
    return not reads and not (program.is_builtin(call.func) and dotted(call.func) in COMPUTING)


def _stays(old: Old, step: Step) -> bool:
    """Whether the old schedule is stepped right where the new one has to be."""
    if len(old.steps) != 1 or step.is_scaled:
        return False
    program, statement, call = old.steps[0]
    if program is not step.program or call.args:
        return False
    behind = program.span(statement)[0] > program.span(step.statement)[0]
    return behind and _whole(program, statement, call) in siblings(program, line_of(program, step.statement))


def _whole(program: Program, statement: cst.Expr, call: cst.Call) -> Line:
    """The line of a step of the old schedule, or all of `if scheduler is not None:` around nothing but that."""
    line = line_of(program, statement)
    around = program.around(line, cst.If)
    if around is None or around.orelse is not None or len(siblings(program, line)) > 1:
        return line
    asked = around.test.left if isinstance(around.test, cst.Comparison) else around.test
    is_meant = isinstance(call.func, cst.Attribute) and same(asked, call.func.value)
    return around if is_meant and line in around.body.body else line


def _name_at(old: Old, step: Step) -> str | None:
    """What the schedule is called where the optimizer steps; None where it is not known there."""
    function = step.program.function(step.statement)
    for program, statement, call in old.steps:
        if program is step.program and program.function(statement) is function and isinstance(call.func, cst.Attribute):
            return program.source(call.func.value)
    target = old.program.source(old.target)
    return target if step.sees(old.program, old.statement, target) else None


def _made(old: Old, course: Course, wanted: Wanted, name: str, hook: list[str]) -> Iterator[Change]:
    program, line = old.program, line_of(old.program, old.statement)
    loop = _loop_behind(old, course)
    if loop is None and _holds_before(old, course):
        yield program.replaced(old.call, wanted.made(name, old.optimizer, course.steps))
    elif loop is None or not (_is_known(old, course.steps) or _may_move(old, loop)):
        yield program.replaced(old.call, wanted.made(name, old.optimizer, wanted.counted()))
        yield put_before(program, line, wanted.comment)
    elif _is_known(old, course.steps):
        yield program.replaced(old.call, wanted.made(name, old.optimizer, course.steps))
    else:
        made = f"{program.source(old.target)} = {wanted.made(name, old.optimizer, course.steps)}"
        yield remove(program, old.statement)
        yield put_before(program, line_of(program, loop), lines_of(program, loop, [made, *hook]))
        return
    for code in hook:
        yield put_after(program, line, code)


def _loop_behind(old: Old, course: Course) -> Loop | None:
    """The outermost loop of the steps, where it stands in the same function behind the old schedule."""
    level, loop = course.level, course.loop
    if level is None or loop is None or not course.steps or level.program is not old.program:
        return None
    same_function = old.program.function(old.statement) is level.function
    return loop if same_function and old.program.span(old.statement)[0] < old.program.span(loop)[0] else None


def _holds_before(old: Old, course: Course) -> bool:
    """Whether the object that makes the old schedule holds before what the number of steps is computed from."""
    owner = old.program.around(old.statement, cst.ClassDef)
    if not course.steps or course.loop is None or course.level is None or course.level.program is not old.program:
        return False
    if owner is None or old.program.around(course.loop, cst.ClassDef) is not owner:
        return False
    read = {".".join(name.split(".")[:2]) for name in names_in(course.steps) - {"self", "len", "range"}}
    return all(name.startswith("self.") and _is_bound_before(old, owner, name) for name in read)


def _is_bound_before(old: Old, owner: cst.ClassDef, name: str) -> bool:
    """Whether a class binds an attribute once, in the function that makes the old schedule and before that."""
    bound = [node for node in walk(owner) for part in bound_by(node) if dotted(part) == name]
    start, function = old.program.span(old.statement)[0], old.program.function(old.statement)
    return len(bound) == 1 and old.program.function(bound[0]) is function and old.program.span(bound[0])[0] < start


def _is_known(old: Old, text: str) -> bool:
    """Whether an expression has its value already where the old schedule is made."""
    program, function = old.program, old.program.function(old.statement)
    start, _ = program.span(old.statement)
    names = names_in(text)
    return not any(
        dotted(part) in names
        for node in walk(program.module if function is None else function)
        for part in bound_by(node)
        if program.function(node) is function and program.span(node)[0] > start
    )


def _may_move(old: Old, loop: Loop) -> bool:
    """Whether nothing reads the old schedule before the loop."""
    start, end = old.program.span(old.statement)[1], old.program.span(loop)[0]
    return not any(start <= old.program.span(read)[0] < end for read in _reads(old.program, old.target))
