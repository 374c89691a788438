"""Takes away what cuts gradients off."""

import libcst as cst

from wellfit.fix.blocks import remove, small_at
from wellfit.fix.calls import calls_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.editors.unwrap_loss import unwrapped
from wellfit.fix.program import Program, Project, same
from wellfit.model.change import Change
from wellfit.model.place import Place
from wellfit.model.rule import Finding

_CUTS = ("detach", "detach_", "data")
_LEAVE_TORCH = frozenset({"item", "tolist", "numpy", "__float__", "__array__"})


@editor("WF402")
def keep_gradients(finding: Finding, project: Project) -> Draft:
    """`x.detach()` and `x.data` become `x`; a way out of torch and back goes; so does a `no_grad` around the line."""
    details, place = finding.fix.details, finding.fix.place
    program = project.program(place)
    if details.get("without_gradients"):
        return Draft((_without_no_grad(program, place),), "no_grad may be meant, to keep these layers as they are")
    operation = details.get("operation", "")
    if operation in _CUTS:
        return Draft((_without_cut(program, place, operation),))
    if operation in _LEAVE_TORCH:
        return Draft((_unwrapped(program, place),), "what leaves torch and comes back may be meant to be a constant")
    raise RefusedError(f"{operation or 'the operation'} has no gradient, and what could take its place is not known")


def _without_cut(program: Program, place: Place | None, operation: str) -> Change:
    statement = small_at(program, place)
    found = [one for one in program.within(statement, cst.Attribute) if one.attr.value == operation]
    if len(found) != 1:
        raise RefusedError(f"{operation} stands {len(found)} times on this line")
    cut: cst.BaseExpression = found[0]
    above = program.parent(cut)
    whole = above if isinstance(above, cst.Call) and above.func is cut else cut
    target = statement.targets[0].target if isinstance(statement, cst.Assign) and len(statement.targets) == 1 else None
    alone = isinstance(statement, cst.Expr) and statement.value is whole
    if alone or (target is not None and isinstance(statement, cst.Assign) and statement.value is whole
                 and same(target, found[0].value)):  # fmt: skip
        return remove(program, statement)
    return program.replaced(whole, program.within_brackets(found[0].value, whole))


def _unwrapped(program: Program, place: Place | None) -> Change:
    statement = small_at(program, place)
    if not isinstance(statement, cst.Assign):
        raise RefusedError("the line is no assignment")
    inner = unwrapped(program, statement.value)
    if inner is statement.value:
        raise RefusedError("the way out of torch and back is not written on this line")
    return program.replaced(statement.value, program.within_brackets(inner, statement.value))


def _without_no_grad(program: Program, place: Place | None) -> Change:
    """`torch.enable_grad` takes the place of `torch.no_grad`, so that no line has to move."""
    statement = small_at(program, place)
    around = [one for one in program.ancestors(statement) if isinstance(one, (cst.With, cst.FunctionDef))]
    heads = [call for one in around for call in calls_at(program, _head(program, one))]
    found = [call for call in heads if program.imported_name(call.func) in ("torch.no_grad", "torch.inference_mode")]
    if len(found) != 1 or not isinstance(found[0].func, cst.Attribute):
        raise RefusedError("where gradients are switched off is not written around this line")
    return program.replaced(found[0].func.attr, "enable_grad")


def _head(program: Program, node: cst.With | cst.FunctionDef) -> Place:
    decorators = node.decorators if isinstance(node, cst.FunctionDef) else ()
    first = decorators[0] if decorators else node
    return Place(program.file, program.lines(first).start, "")
