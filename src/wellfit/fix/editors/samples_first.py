"""Moves the samples to the front before a view."""

import libcst as cst

from wellfit.fix.calls import find_use
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Project
from wellfit.model.rule import Finding


@editor("WF403")
def samples_first(finding: Finding, project: Project) -> Draft:
    """`x.reshape(n, -1)` becomes `x.transpose(0, 1).reshape(n, -1)`; a view becomes a reshape."""
    details = finding.fix.details
    made = tuple(details.get("made", ()))
    if made[:1] != (details.get("rows"),):
        raise RefusedError(f"the result {made} does not begin with the samples, so a transposition is not all it needs")
    operation = details.get("operation", "")
    program = project.program(finding.where)
    use = find_use(program, finding.where, ("view" if operation == "_unsafe_view" else operation,))
    kept = use.input()
    moved = program.followed(kept, f".transpose(0, {details.get('batch_dim', 1)})")
    func = use.call.func
    if isinstance(func, cst.Attribute) and func.attr.value == "view":  # which a transposed tensor refuses
        return Draft((moved, program.replaced(func.attr, "reshape")))
    return Draft((moved,))
