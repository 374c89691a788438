"""Where an object of the program comes from: the call that makes it, behind names, arguments and functions."""

import libcst as cst

from wellfit.fix.calls import argument_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program, dotted, same
from wellfit.fix.settings.callers import bindings, calls_of, scope_of
from wellfit.fix.settings.values import Files, parameter_position

DEEPEST = 8
"""Names behind names that are followed."""

Origin = tuple[Program, cst.BaseExpression]


def origin_of(files: Files, program: Program, given: cst.BaseExpression, deep: int = 0) -> Origin:
    """The expression that makes an object, and its file.

    Args:
        files: of the program.
        program: file of the expression.
        given: what stands for the object.
        deep: names that led here.

    Raises:
        RefusedError: it is bound at several places, or by something that cannot be followed.
    """
    if deep > DEEPEST:
        raise RefusedError(f"where `{program.source(given)}` comes from is not certain")
    if isinstance(given, cst.Call):
        return _of_call(files, program, given, deep)
    if not isinstance(given, (cst.Name, cst.Attribute)):
        return program, given
    function = scope_of(program, given) if isinstance(given, cst.Name) else None
    if isinstance(given, cst.Name) and function is not None and parameter_position(function, given.value) is not None:
        return _of_parameter(files, program, function, given.value, deep)
    bound = bindings(program, given)
    if len(bound) != 1 or not isinstance(bound[0], (cst.Assign, cst.AnnAssign)) or bound[0].value is None:
        raise RefusedError(f"`{program.source(given)}` is bound at {len(bound)} places, or not by one value")
    return _of_binding(files, program, bound[0], given, deep)


def _of_binding(
    files: Files, program: Program, statement: cst.Assign | cst.AnnAssign, target: cst.BaseExpression, deep: int
) -> Origin:
    values = [value for known, value in program.assignments(target) if known is statement]
    if values:
        return origin_of(files, program, values[0], deep + 1)
    goal = statement.targets[0].target if isinstance(statement, cst.Assign) else statement.target
    if statement.value is None or not isinstance(goal, (cst.Tuple, cst.List)):
        raise RefusedError(f"where `{program.source(target)}` comes from is not certain")
    place = next(n for n, element in enumerate(goal.elements) if same(element.value, target))
    other, made = origin_of(files, program, statement.value, deep + 1)
    if not isinstance(made, (cst.Tuple, cst.List)) or len(made.elements) != len(goal.elements):
        raise RefusedError(f"where `{program.source(target)}` comes from is not certain")
    return origin_of(files, other, made.elements[place].value, deep + 1)


def _of_call(files: Files, program: Program, call: cst.Call, deep: int) -> Origin:
    """What a function of the program returns; the call itself where it is of anything else."""
    name = (program.imported_name(call.func) or dotted(call.func) or "").rpartition(".")[2]
    defined = [
        (other, function)
        for other in files.programs
        for function in other.module.body
        if isinstance(function, cst.FunctionDef) and function.name.value == name
    ]
    if len(defined) != 1 or not any(node is call for _, node in calls_of(files, *defined[0])):
        return program, call
    other, function = defined[0]
    returns = [one for one in other.within(function, cst.Return) if other.function(one) is function]
    if len(returns) != 1 or returns[0].value is None:
        return program, call
    return origin_of(files, other, returns[0].value, deep + 1)


def _of_parameter(files: Files, program: Program, function: cst.FunctionDef, name: str, deep: int) -> Origin:
    position = parameter_position(function, name)
    calls = list(calls_of(files, program, function))
    if len(calls) != 1 or calls[0][1] is None or position is None:
        raise RefusedError(f"{function.name.value} is called at {len(calls)} places")
    given = argument_of(calls[0][1], position, name)
    if given is None:
        raise RefusedError(f"{name} is not handed over to {function.name.value}")
    return origin_of(files, calls[0][0], given.value, deep + 1)
