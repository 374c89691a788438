"""Brings backward, clearing and step into their order."""

import libcst as cst

from wellfit.fix.blocks import line_code, put_after, put_before, remove_line, siblings, simple_line, small_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Line, Program, Project
from wellfit.model.place import Place
from wellfit.model.rule import Finding


@editor("WF202")
def clear_before_backward(finding: Finding, project: Project) -> Draft:
    """The line of `zero_grad()` moves from behind backward to before it."""
    place = finding.fix.place
    program = project.program(place)
    moved = simple_line(program, small_at(program, place))
    backward = _sibling(program, moved, _related(finding, "writes"))
    if backward is None:
        step = _sibling(program, moved, _related(finding, "finds"))
        if step is None:
            raise RefusedError("zero_grad stands in a block of its own, away from backward and step")
        return Draft((remove_line(program, moved), put_after(program, step, line_code(program, moved))))
    return Draft((put_before(program, backward, line_code(program, moved)), remove_line(program, moved)))


@editor("WF203")
def step_after_backward(finding: Finding, project: Project) -> Draft:
    """The line of `optimizer.step()` moves from before backward to behind it."""
    place = finding.fix.place
    program = project.program(place)
    moved = simple_line(program, small_at(program, place))
    backward = _sibling(program, moved, _related(finding, "backward"))
    if backward is None:
        raise RefusedError("backward is not called in the block of the step; which loss it should run on is not known")
    block = siblings(program, moved)
    if block.index(backward) < block.index(moved):
        raise RefusedError("the step stands behind backward already; their order is made elsewhere")
    return Draft((remove_line(program, moved), put_after(program, backward, line_code(program, moved))))


def _related(finding: Finding, word: str) -> Place | None:
    return next((r.place for r in finding.related if r.what.startswith(word)), None)


def _sibling(program: Program, line: cst.SimpleStatementLine, place: Place | None) -> Line | None:
    """The statement of the same block that holds another line."""
    if place is None or place.file != program.file:
        return None
    found = (one for one in siblings(program, line) if _covers(program, one, place.line))
    return next((one for one in found if one is not line), None)


def _covers(program: Program, line: Line, number: int) -> bool:
    if isinstance(line, (cst.FunctionDef, cst.ClassDef)):
        return False
    return program.lines(line).start <= number <= max(program.lines(line))
