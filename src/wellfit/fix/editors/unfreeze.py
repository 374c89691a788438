"""Takes away the line that freezes all that the optimizer holds."""

import libcst as cst

from wellfit.fix.blocks import line_of, remove, remove_line, siblings
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project, walk
from wellfit.model.change import Change
from wellfit.model.rule import Finding


@editor("WF303", doubt="which of the frozen layers are meant to train is not known; this unfreezes them all")
def unfreeze(finding: Finding, project: Project) -> Draft:
    """The one statement that sets `requires_grad` to False goes, with its loop where it is all that the loop does."""
    program = project.program(finding.where)
    freezing = [one for one in walk(program.module) if _freezes(program, one)]
    if len(freezing) != 1 or not isinstance(freezing[0], cst.BaseSmallStatement):
        raise RefusedError("several lines freeze parameters" if freezing else "no line of this file freezes parameters")
    return Draft((_without(program, freezing[0]),))


def _freezes(program: Program, node: cst.CSTNode) -> bool:
    """`p.requires_grad = False` and `net.requires_grad_(False)`."""
    if isinstance(node, cst.Assign):
        named = any(
            isinstance(t.target, cst.Attribute) and t.target.attr.value == "requires_grad" for t in node.targets
        )
        return named and program.source(node.value) == "False"
    call = node.value if isinstance(node, cst.Expr) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or len(call.args) != 1:
        return False
    return call.func.attr.value == "requires_grad_" and program.source(call.args[0].value) == "False"


def _without(program: Program, small: cst.BaseSmallStatement) -> Change:
    loop = program.around(small, cst.For)
    body = loop.body.body if loop else ()
    alone = loop is not None and len(body) == 1 and small in walk(body[0]) and not isinstance(body[0], cst.For)
    if loop is None or not alone or loop.orelse is not None:
        return remove(program, small)
    line = line_of(program, loop)
    if len(siblings(program, line)) == 1:
        raise RefusedError("the loop that freezes is all that its block holds")
    return remove_line(program, line)
