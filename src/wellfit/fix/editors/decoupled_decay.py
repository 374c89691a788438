"""Makes Adam's weight decay shrink the weights."""

import libcst as cst

from wellfit.fix.arguments import set_argument
from wellfit.fix.calls import find_constructor
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, Project
from wellfit.model.change import Change
from wellfit.model.rule import Finding

_MODULES = ("torch.optim", "torch.optim.adam", "torch.optim.nadam", "torch.optim.radam")
_WITH_SWITCH = ("NAdam", "RAdam")
"""Classes that decouple the decay themselves, by `decoupled_weight_decay=True`."""


@editor("WF308")
def decoupled_decay(finding: Finding, project: Project) -> Draft:
    """`AdamW` takes the place of `Adam`; NAdam and RAdam get `decoupled_weight_decay=True`."""
    kind = finding.fix.details.get("kind", "")
    if kind != "Adam" and kind not in _WITH_SWITCH:
        raise RefusedError(f"torch has no {kind or 'such optimizer'} with decoupled weight decay")
    program = project.program(finding.where)
    call = find_constructor(program, finding.where, tuple(f"{module}.{kind}" for module in _MODULES))
    if kind in _WITH_SWITCH:
        return Draft((set_argument(program, call, "decoupled_weight_decay", "True", position=-1),))
    return Draft(_adamw(program, call))


def _adamw(program: Program, call: cst.Call) -> tuple[Change, ...]:
    if isinstance(call.func, cst.Attribute):
        return (program.replaced(call.func.attr, "AdamW"),)
    spelled, imports = spell(program, "torch.optim", "AdamW")
    return (program.replaced(call.func, spelled), *imports)
