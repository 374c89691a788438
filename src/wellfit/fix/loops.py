"""Loops around a line, and which functions they come to call."""

from collections.abc import Iterable

import libcst as cst

from wellfit.fix.program import Program, dotted

Loop = cst.For | cst.While


def loops_around(program: Program, node: cst.CSTNode) -> list[Loop]:
    """The loops that a line runs in, innermost first, up to its own function."""
    found: list[Loop] = []
    for above in program.ancestors(node):
        if isinstance(above, (cst.FunctionDef, cst.ClassDef)):
            break
        if isinstance(above, (cst.For, cst.While)):
            found.append(above)
    return found


def reaches(program: Program, node: cst.CSTNode, function: str) -> bool:
    """Whether a stretch of the program comes to call a function of this file, directly or through others."""
    bodies = {f.name.value: f for f in program.within(program.module, cst.FunctionDef)}
    waiting, seen = list(_called(program, node)), set[str]()
    while waiting:
        name = waiting.pop()
        if name == function:
            return True
        if name in bodies and name not in seen:
            waiting += _called(program, bodies[name])
        seen.add(name)
    return False


def _called(program: Program, node: cst.CSTNode) -> Iterable[str]:
    """Last names of all that is called in a stretch."""
    chains = (dotted(call.func) for call in program.within(node, cst.Call))
    return [chain.rpartition(".")[2] for chain in chains if chain]
