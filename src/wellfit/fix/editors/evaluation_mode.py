"""Puts the model into evaluation mode around an evaluation."""

import libcst as cst

from wellfit.fix.blocks import line_of, put_after, put_before, small_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.models import model_text
from wellfit.fix.modes import doubt_of_frozen_parts
from wellfit.fix.program import Line, Program, Project, walk
from wellfit.model.change import Change
from wellfit.model.rule import Finding


@editor("WF701")
def evaluation_mode(finding: Finding, project: Project) -> Draft:
    """`model.eval()` goes before the evaluation and `model.train()` behind it, ahead of what it returns."""
    program = project.program(finding.where)
    name = model_text(program, finding.where)
    whole = _evaluation(program, line_of(program, small_at(program, finding.where)))
    before = put_before(program, whole, f"{name}.eval()")
    return Draft((before, *_leave(program, whole, f"{name}.train()")), doubt_of_frozen_parts(program, name))


def _evaluation(program: Program, line: Line) -> Line:
    """The outermost loop or `with` around the line that trains nothing."""
    for above in program.ancestors(line):
        if isinstance(above, (cst.For, cst.While, cst.With)) and not _trains(program, above):
            line = above
        elif isinstance(above, cst.BaseCompoundStatement):
            break
    return line


def _trains(program: Program, node: cst.CSTNode) -> bool:
    attributes = (call.func for call in program.within(node, cst.Call) if isinstance(call.func, cst.Attribute))
    return any(attribute.attr.value in ("backward", "step") for attribute in attributes)


def _leave(program: Program, whole: Line, code: str) -> tuple[Change, ...]:
    """Training mode behind the evaluation; where that returns, its value is kept for a moment."""
    returns = [one for one in walk(whole) if isinstance(one, cst.Return)]
    if not returns:
        return (put_after(program, whole, code),)
    last = _last_small(whole)
    if len(returns) > 1 or returns[0] is not last or returns[0].value is None:
        raise RefusedError("the evaluation returns from its midst, so there is no one place behind it")
    name = _free_name(program, whole)
    start, _ = program.span(returns[0])
    kept = program.change(start, program.whole_span(returns[0].value)[0], f"{name} = ")
    return (kept, put_after(program, whole, code), put_after(program, whole, f"return {name}"))


def _last_small(line: cst.CSTNode) -> cst.CSTNode | None:
    """The statement that a `with` ends with; in a loop there is none that runs last for certain."""
    while isinstance(line, cst.With):
        body = line.body.body
        line = body[-1] if body else line.body
    return line.body[-1] if isinstance(line, cst.SimpleStatementLine) else None


def _free_name(program: Program, whole: Line) -> str:
    scope = program.function(whole) or program.module
    taken = {name.value for name in program.within(scope, cst.Name)}
    return next(name for name in ("result", "measured", "evaluated", "result_") if name not in taken)
