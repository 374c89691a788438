"""Applies the layer-wise decay of the learning rate."""

import libcst as cst

from wellfit.fix.blocks import indent, line_of, put_after, small_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Project, dotted
from wellfit.model.rule import Finding


@editor("WF316")
def scale_rates(finding: Finding, project: Project) -> Draft:
    """Behind the optimizer's line a loop over its groups multiplies `lr` by `lr_scale`."""
    program = project.program(finding.where)
    statement = small_at(program, finding.where)
    targets = statement.targets if isinstance(statement, cst.Assign) else ()
    name = dotted(targets[0].target) if len(targets) == 1 else None
    if name is None:
        raise RefusedError("the line does not give an optimizer a name")
    line = line_of(program, statement)
    scale = '["lr_scale"]' if finding.fix.details.get("all") else '.get("lr_scale", 1.0)'
    body = f'{program.newline}{indent(program, line)}    group["lr"] *= group{scale}'
    return Draft((put_after(program, line, f"for group in {name}.param_groups:{body}"),))
