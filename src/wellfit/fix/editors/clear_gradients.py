"""Clears the gradients once per step."""

import libcst as cst

from wellfit.fix.blocks import line_of, put_after_small, put_before, siblings, small_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Line, Program, Project
from wellfit.fix.steps import optimizer_text
from wellfit.model.rule import Finding


@editor("WF201")
def clear_gradients(finding: Finding, project: Project) -> Draft:
    """`optimizer.zero_grad()` goes before backward; behind the step, where several backward passes make one step."""
    place = next((r.place for r in finding.related), None)
    if place is None:
        raise RefusedError("the run gave no line of the step")
    program = project.program(place)
    step = small_at(program, place)
    code = f"{optimizer_text(program, step)}.zero_grad()"
    first = _first_backward(program, step)
    change = put_after_small(program, step, code) if first is None else put_before(program, first, code)
    return Draft((change,))


def _first_backward(program: Program, step: cst.BaseSmallStatement) -> Line | None:
    """The first statement in the block of the step that runs a backward pass for it: after any other step."""
    if not isinstance(program.parent(step), cst.SimpleStatementLine):
        return None
    line = line_of(program, step)
    block = siblings(program, line)
    first = None
    for one in reversed(block[: block.index(line)]):
        if _calls(program, one, "step"):
            break
        first = one if _calls(program, one, "backward") else first
    return first


def _calls(program: Program, line: Line, method: str) -> bool:
    if isinstance(line, (cst.FunctionDef, cst.ClassDef)):
        return False
    attributes = (call.func for call in program.within(line, cst.Call) if isinstance(call.func, cst.Attribute))
    return any(attribute.attr.value == method for attribute in attributes)
