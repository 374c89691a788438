"""Exchanges a value where the program writes it: itself, behind a name, as an argument handed on, as an option."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from wellfit.fix.calls import argument_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program, Project
from wellfit.fix.settings.literals import in_place_of, is_literal
from wellfit.fix.settings.options import default_change, option_named, refuse_given
from wellfit.model.change import Change
from wellfit.model.knob import Value

DEEPEST = 6
"""Names behind names that are followed."""


@dataclass(frozen=True, slots=True)
class Files:
    """The program.

    Args:
        project: its files as they are parsed.
        programs: those that could be.
        words: of the command that was run.
    """

    project: Project
    programs: tuple[Program, ...]
    words: tuple[str, ...] = ()


def value_change(files: Files, program: Program, given: cst.BaseExpression, value: Value, *, deep: int = 0) -> Change:
    """Exchange a value.

    Args:
        files: of the program.
        program: file of the expression.
        given: what stands for the value now.
        value: that is to take its place.
        deep: names that led here.

    Raises:
        RefusedError: where it comes from is not certain.
    """
    if is_literal(given):
        return program.replaced(given, in_place_of(given, value))
    if deep > DEEPEST:
        raise RefusedError(_said(program, given))
    bound = [v for _, v in program.assignments(given)] if isinstance(given, (cst.Name, cst.Attribute)) else []
    if len(bound) == 1:
        return value_change(files, program, bound[0], value, deep=deep + 1)
    if isinstance(given, cst.Name) and not bound:
        found = _of_parameter(files, program, given, value, deep)
        if found is not None:
            return found
    name = _last(given)
    option = option_named(files.programs, name) if name else None
    if option is None:
        raise RefusedError(_said(program, given))
    refuse_given(option, files.words)
    return default_change(option, value)


def _said(program: Program, given: cst.BaseExpression) -> str:
    return f"it is not written as a value but as `{program.source(given)}`"


def _last(given: cst.BaseExpression) -> str | None:
    if isinstance(given, cst.Attribute):
        return given.attr.value
    return given.value if isinstance(given, cst.Name) else None


def _of_parameter(files: Files, program: Program, name: cst.Name, value: Value, deep: int) -> Change | None:
    """A parameter of the function around: what the one call of that hands over for it, else its default."""
    function = program.function(name)
    place = parameter_position(function, name.value) if function else None
    if function is None or place is None:
        return None
    calls = [(other, call) for other in files.programs for call in _calls(program, function, other)]
    handed = [(other, arg.value) for other, call in calls if (arg := argument_of(call, place, name.value))]
    if len(handed) == 1:
        return value_change(files, handed[0][0], handed[0][1], value, deep=deep + 1)
    parameter = next(p for p in parameters_of(function) if p.name.value == name.value)
    if not handed and calls and parameter.default is not None:
        return value_change(files, program, parameter.default, value, deep=deep + 1)
    if handed:
        raise RefusedError(f"{name.value} is handed over at {len(handed)} places")
    return None


def parameters_of(function: cst.FunctionDef) -> Sequence[cst.Param]:
    """All parameters of a function but `*args` and `**kwargs`."""
    return (*function.params.posonly_params, *function.params.params, *function.params.kwonly_params)


def parameter_position(function: cst.FunctionDef, name: str) -> int | None:
    """Which argument of a call a parameter is; -1 for one that is handed over by its name alone."""
    places = [p.name.value for p in (*function.params.posonly_params, *function.params.params)]
    if name in places:
        return places.index(name) - (places[0] in {"self", "cls"})
    return -1 if name in [p.name.value for p in function.params.kwonly_params] else None


def _calls(program: Program, function: cst.FunctionDef, other: Program) -> Iterator[cst.Call]:
    """Calls of a function, or of the class that a constructor belongs to."""
    owner = program.around(function, cst.ClassDef)
    name = owner.name.value if owner is not None and function.name.value == "__init__" else function.name.value
    for call in other.within(other.module, cst.Call):
        if _last(call.func) == name:
            yield call
