"""Hands binary_cross_entropy probabilities, or raw scores to the loss that takes them."""

from wellfit.fix.calls import Use, argument_of, find_use, renamed
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, Project
from wellfit.model.change import Change
from wellfit.model.rule import Finding

_ENDS = (("min", "0"), ("max", "1"))


@editor("WF105")
def scores_to_binary_loss(finding: Finding, project: Project) -> Draft:
    """Raw scores go to `binary_cross_entropy_with_logits`; a clamp to [0, 1] that poses as a sigmoid becomes one."""
    place = finding.fix.place or finding.where
    program = project.program(place)
    if finding.fix.details.get("given") == "clamped":
        return Draft(_sigmoid(program, find_use(program, place, ("clamp", "clip", "clamp_", "hardtanh"))))
    use = find_use(program, place, ("binary_cross_entropy",))
    return Draft(renamed(program, use, function="binary_cross_entropy_with_logits", layer="BCEWithLogitsLoss"))


def _sigmoid(program: Program, use: Use) -> tuple[Change, ...]:
    """`x.clamp(0, 1)` becomes `torch.sigmoid(x)`."""
    taken = 0 if use.style == "method" else 1
    ends = [argument_of(use.call, taken + position, name) for position, (name, _) in enumerate(_ENDS)]
    values = [program.source(end.value).rstrip("0").rstrip(".") or "0" if end else None for end in ends]
    if values != [value for _, value in _ENDS]:
        raise RefusedError("the clamp is not one to [0, 1]")
    spelled, imports = spell(program, "torch", "sigmoid")
    return (program.replaced(use.call, f"{spelled}({program.source(use.input())})"), *imports)
