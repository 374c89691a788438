"""From a line of a program to the lines that lead to it: through functions that one place alone calls."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from wellfit.fix.calls import argument_of, made_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.imports import imported
from wellfit.fix.program import Program, dotted, same, walk
from wellfit.fix.settings.values import Files, parameter_position

MOST_LEVELS = 8
"""Functions within functions that are followed."""


@dataclass(frozen=True, slots=True)
class Level:
    """A node of the program, and what leads to it.

    Args:
        program: its file.
        node: a step, or a call that leads to one.
        inner: the level whose function it calls; None for the innermost.
    """

    program: Program
    node: cst.CSTNode
    inner: "Level | None" = None

    @property
    def function(self) -> cst.FunctionDef | None:
        """The innermost function around the node; None at the top level of the file."""
        return self.program.function(self.node)


def levels_of(files: Files, program: Program, node: cst.CSTNode) -> list[Level]:
    """A node, the only call of the function around it, and so on, as far as each function is called at one place.

    Args:
        files: of the program.
        program: file of the node.
        node: with which it begins.
    """
    found = [Level(program, node)]
    while (function := found[-1].function) is not None and len(found) < MOST_LEVELS:
        calls = list(calls_of(files, found[-1].program, function))
        if len(calls) != 1 or calls[0][1] is None or any(found[-1].node is level.node for level in found[:-1]):
            break
        found.append(Level(calls[0][0], calls[0][1], found[-1]))
    return found


def calls_of(files: Files, program: Program, function: cst.FunctionDef) -> Iterator[tuple[Program, cst.Call | None]]:
    """Calls of a function anywhere in the program; None where it is handed on, to be called by whoever gets it.

    Args:
        files: of the program.
        program: file that defines it.
        function: of that file.
    """
    owner = program.around(function, cst.ClassDef)
    is_method = owner is not None and program.function(function) is None
    for other in files.programs:
        if is_method and owner is not None:
            makes = function.name.value == "__init__"
            found = _named(program, owner, other) if makes else _methods(other, function, owner)
        else:
            found = _named(program, function, other)
        for node in found:
            call = other.parent(node)
            yield other, call if isinstance(call, cst.Call) and call.func is node else None


def _methods(program: Program, function: cst.FunctionDef, owner: cst.ClassDef) -> Iterator[cst.CSTNode]:
    """Where a method may be meant; objects that are made by another call than that of its class are not."""
    for node in program.within(program.module, cst.Attribute):
        if node.attr.value != function.name.value or program.imported_name(node) is not None:
            continue
        made = made_of(program, node.value)
        own = dotted(node.value) == "self" and program.around(node, cst.ClassDef) is owner
        if own or made is None or (dotted(made.func) or "").rpartition(".")[2] == owner.name.value:
            yield node


def _named(program: Program, meant: cst.FunctionDef | cst.ClassDef, other: Program) -> Iterator[cst.CSTNode]:
    """Where a function or a class is meant by its own name, or as what an import makes it be called."""
    name = meant.name.value
    local = {name, *(known for known, full in imported(other).items() if full.rpartition(".")[2] == name)}
    for node in other.within(other.module, cst.Name):
        if node.value not in local or node is meant.name:
            continue
        above = other.parent(node)
        whole = above if isinstance(above, cst.Attribute) and above.attr is node else node
        full = other.imported_name(whole)
        if full is not None and full.rpartition(".")[2] == name and not _is_import(other, node):
            yield whole
        elif full is None and whole is node and other is program and not _is_label(other, node):
            yield node


def _is_import(program: Program, node: cst.CSTNode) -> bool:
    return any(isinstance(above, (cst.Import, cst.ImportFrom)) for above in program.ancestors(node))


def _is_label(program: Program, name: cst.Name) -> bool:
    """Whether a name is that of an argument, a parameter or a function, and reads nothing."""
    above = program.parent(name)
    return (
        (isinstance(above, cst.Arg) and above.keyword is name)
        or (isinstance(above, cst.Param) and above.name is name)
        or isinstance(above, (cst.FunctionDef, cst.AssignTarget))
    )


def handed(level: Level, name: cst.Name) -> cst.BaseExpression | None:
    """What a call hands over for a parameter of the function that it calls; None where it leaves that at its default.

    Args:
        level: of the call.
        name: read in the function that it calls.

    Raises:
        RefusedError: it is no parameter, or arguments are handed over by `*` or `**`.
    """
    function = level.inner.function if level.inner is not None else None
    position = parameter_position(function, name.value) if function is not None else None
    if position is None or not isinstance(level.node, cst.Call):
        raise RefusedError(f"where {name.value} comes from is not certain")
    given = argument_of(level.node, position, name.value)
    return None if given is None else given.value


def scope_of(program: Program, name: cst.Name) -> cst.FunctionDef | None:
    """The function whose name it is: the innermost one around that binds it or has it as a parameter."""
    for above in program.ancestors(name):
        if isinstance(above, cst.FunctionDef) and (
            parameter_position(above, name.value) is not None or _bound_in(program, above, name)
        ):
            return above
    return None


def bindings(program: Program, target: cst.BaseExpression) -> list[cst.CSTNode]:
    """All that binds a name in its scope, or an attribute of `self` in its class: assignments, loops, `with`.

    Args:
        program: file of the target.
        target: a name, or an attribute.
    """
    if isinstance(target, cst.Name):
        return _bound_in(program, scope_of(program, target), target)
    owner = program.around(target, cst.ClassDef)
    return [
        node for node in walk(program.module) if _binds(node, target) and program.around(node, cst.ClassDef) is owner
    ]


def _bound_in(program: Program, scope: cst.FunctionDef | None, target: cst.Name) -> list[cst.CSTNode]:
    nodes = walk(program.module if scope is None else scope)
    return [node for node in nodes if _binds(node, target) and program.function(node) is scope]


def _binds(node: cst.CSTNode, target: cst.BaseExpression) -> bool:
    return any(same(part, target) for part in bound_by(node))


def bound_by(node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    """Names and attributes that a statement binds itself, not by what stands in its block."""
    for goal in _goals(node):
        yield from _parts(goal)


def _goals(node: cst.CSTNode) -> Iterator[cst.BaseExpression]:
    if isinstance(node, cst.Assign):
        yield from (goal.target for goal in node.targets)
    elif isinstance(node, (cst.AnnAssign, cst.AugAssign, cst.For, cst.NamedExpr)):
        yield node.target
    elif isinstance(node, cst.AsName):
        yield node.name


def _parts(goal: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    if isinstance(goal, (cst.Tuple, cst.List)):
        for element in goal.elements:
            yield from _parts(element.value)
    else:
        yield goal
