"""Brings the input features to one scale."""

import libcst as cst

from wellfit.fix.blocks import line_of, put_after
from wellfit.fix.calls import calls_at, made_of
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.imports import spell
from wellfit.fix.models import model_text
from wellfit.fix.program import Program, Project, dotted, root_name
from wellfit.model.change import Change
from wellfit.model.rule import Finding

_TENSORS = frozenset({"torch.tensor", "torch.as_tensor", "torch.from_numpy", "torch.FloatTensor"})


@editor("WF601", doubt="mean and deviation are taken of all rows at hand, those of a validation among them")
def standardize(finding: Finding, project: Project) -> Draft:
    """The tensor that the batches come from is standardized where it is made; else the model begins with batch norm."""
    program = project.program(finding.where)
    model = model_text(program, finding.where)
    call = next(call for call in calls_at(program, finding.where) if dotted(call.func) == model)
    change = _tensor(program, call)
    return Draft((change,)) if change else Draft(_batch_norm(program, call, finding.fix.details.get("features", 0)))


def _tensor(program: Program, call: cst.Call) -> Change | None:
    """A line behind `rows = torch.tensor(...)`, where the model is called on `rows` or on some of them."""
    name = root_name(call.args[0].value) if call.args else None
    known = {node.value: node for node in program.within(call, cst.Name)}
    bound = program.assignments(known[name]) if name in known else []
    if name is None or len(bound) != 1:
        return None
    statement, value = bound[0]
    made = isinstance(value, cst.Call) and program.imported_name(value.func) in _TENSORS
    if not made or not isinstance(statement, cst.Assign) or not isinstance(statement.targets[0].target, cst.Name):
        return None
    code = f"{name} = ({name} - {name}.mean(dim=0)) / {name}.std(dim=0).clamp_min(1e-8)"
    return put_after(program, line_of(program, statement), code)


def _batch_norm(program: Program, call: cst.Call, features: int) -> tuple[Change, ...]:
    """`nn.BatchNorm1d(13)` ahead of the first layer of a Sequential."""
    made = made_of(program, call.func)
    if made is None or program.imported_name(made.func) != "torch.nn.Sequential" or not made.args:
        raise RefusedError(
            "neither the tensor of the inputs nor the model's first layer is made where it could be seen"
        )
    first = made.args[0].value
    if not isinstance(first, cst.Call) or program.imported_name(first.func) != "torch.nn.Linear":
        raise RefusedError("the model does not begin with a linear layer")
    spelled, imports = spell(program, "torch.nn", "BatchNorm1d")
    start, _ = program.span(made.args[0])
    lines = program.lines(made.args[0])
    own = not program.text[program.line_start(lines.start) : start].strip()
    indentation = program.line_text(lines.start)[: start - program.line_start(lines.start)]
    gap = f"{program.newline}{indentation}" if own else " "
    return (program.change(start, start, f"{spelled}({features}),{gap}"), *imports)
