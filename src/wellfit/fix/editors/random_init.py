"""Draws weights at random that were set to one value."""

import libcst as cst

from wellfit.fix.blocks import small_at
from wellfit.fix.calls import calls_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, Project
from wellfit.model.change import Change
from wellfit.model.rule import Finding

_SETTERS = frozenset({"constant_", "zeros_", "ones_"})
_FILLERS = frozenset({"fill_", "zero_"})
_TENSORS = frozenset({"torch.zeros", "torch.ones", "torch.full", "torch.empty"})
SPREAD = "0.02"
"""Standard deviation of weights that are drawn without knowing their layer, as transformers do."""


@editor("WF501", doubt="how the weights are meant to start is not known; this draws them by a usual rule")
def random_init(finding: Finding, project: Project) -> Draft:
    """`nn.init.constant_(w, 0.05)` becomes `nn.init.kaiming_uniform_(w)`; `fill_` and `torch.zeros` likewise."""
    program = project.program(finding.where)
    found = [changes for call in calls_at(program, finding.where) if (changes := _drawn(program, call))]
    if len(found) != 1:
        raise RefusedError(
            "several values are set on this line" if found else "how the weights start is not written here"
        )
    small_at(program, finding.where)
    return Draft(found[0])


def _drawn(program: Program, call: cst.Call) -> tuple[Change, ...]:
    name = program.imported_name(call.func) or ""
    if name.startswith("torch.nn.init.") and name.rpartition(".")[2] in _SETTERS and call.args:
        return _set(program, call, call.args[0].value)
    if name in _TENSORS and name != "torch.full":
        spelled, imports = spell(program, "torch", "randn")
        drawn = f"{program.source(call).replace(program.source(call.func), spelled, 1)} * {SPREAD}"
        whole = isinstance(program.parent(call), (cst.Arg, cst.Assign))
        return (program.replaced(call, drawn if whole else f"({drawn})"), *imports)
    if isinstance(call.func, cst.Attribute) and call.func.attr.value in _FILLERS:
        value = call.func.value
        inner = value.value if isinstance(value, cst.Attribute) and value.attr.value == "data" else value
        return _set(program, call, inner)
    return ()


def _set(program: Program, call: cst.Call, weight: cst.BaseExpression) -> tuple[Change, ...]:
    """A layer's own `weight` has inputs to count; of any other tensor the number of dimensions is not known."""
    layer = isinstance(weight, cst.Attribute) and weight.attr.value == "weight"
    spelled, imports = spell(program, "torch.nn", "init")
    draw = (
        f"kaiming_uniform_({program.source(weight)})" if layer else f"normal_({program.source(weight)}, std={SPREAD})"
    )
    return (program.replaced(call, f"{spelled}.{draw}"), *imports)
