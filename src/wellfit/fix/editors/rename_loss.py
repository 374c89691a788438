"""Calls the loss function that takes what the model hands over."""

from wellfit.fix.calls import find_use, renamed
from wellfit.fix.draft import Draft, editor
from wellfit.fix.program import Program, Project
from wellfit.fix.readers import doubt_of_readers
from wellfit.model.change import Change
from wellfit.model.place import Place
from wellfit.model.rule import Finding


@editor("WF103")
def log_probabilities(finding: Finding, project: Project) -> Draft:
    """Raw scores: `cross_entropy` takes the place of `nll_loss`. Probabilities: `log_softmax` that of `softmax`."""
    place = finding.fix.place or finding.where
    program = project.program(place)
    if finding.fix.details.get("given") == "scores":
        return Draft(_rename(program, place, "nll_loss", function="cross_entropy", layer="CrossEntropyLoss"))
    changes = _rename(program, place, "softmax", function="log_softmax", layer="LogSoftmax")
    return Draft(changes, doubt_of_readers(program))


def _rename(program: Program, place: Place | None, operation: str, *, function: str, layer: str) -> tuple[Change, ...]:
    return renamed(program, find_use(program, place, (operation,)), function=function, layer=layer)
