"""Turns a scheduler that follows a metric round."""

from wellfit.fix.arguments import set_argument
from wellfit.fix.calls import find_constructor
from wellfit.fix.draft import Draft, editor
from wellfit.fix.program import Project
from wellfit.model.rule import Finding


@editor("WF315")
def plateau_mode(finding: Finding, project: Project) -> Draft:
    """`ReduceLROnPlateau(optimizer, mode="max")` gets `mode="min"`, or the reverse."""
    program = project.program(finding.where)
    call = find_constructor(program, finding.where, ("torch.optim.lr_scheduler.ReduceLROnPlateau",))
    mode = finding.fix.details.get("mode", "min")
    return Draft((set_argument(program, call, "mode", f'"{mode}"', position=1),))
