"""Runs a softmax along the classes."""

from wellfit.fix.arguments import set_argument
from wellfit.fix.calls import argument_of, find_use
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Project
from wellfit.model.rule import Finding

_POSITIONS = {"gumbel_softmax": 4}
"""Of `dim` among a function's arguments; of all others it is the second."""


@editor("WF404")
def along_the_classes(finding: Finding, project: Project) -> Draft:
    """`dim=0` becomes `dim=-1`, in the call or where the module is made."""
    operation, dim = finding.fix.details.get("operation", "softmax"), finding.fix.details.get("dim", -1)
    program = project.program(finding.where)
    use = find_use(program, finding.where, (operation,))
    call = use.made or use.call
    position = 0 if use.made or use.style == "method" else _POSITIONS.get(operation, 1)
    given = argument_of(call, position, "dim")
    if given is not None and program.source(given.value) == str(dim):
        raise RefusedError(f"dim={dim} stands there already")
    return Draft((set_argument(program, call, "dim", str(dim), position=position),))
