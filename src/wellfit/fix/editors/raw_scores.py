"""Takes an activation away before a loss that applies it itself."""

import libcst as cst

from wellfit.fix.calls import Use, find_use
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, Project, walk
from wellfit.fix.readers import doubt_of_readers
from wellfit.model.change import Change
from wellfit.model.place import Place
from wellfit.model.rule import Finding


@editor("WF101", "WF102", "WF104")
def hand_over_raw_scores(finding: Finding, project: Project) -> Draft:
    """`F.softmax(x, dim=1)`, `x.softmax(1)` and `self.softmax(x)` become `x`; an `nn.Softmax` leaves its Sequential."""
    operation = finding.fix.details.get("operation", "softmax")
    places = (finding.fix.place or finding.where, *finding.fix.details.get("also", ()))
    changes = [change for place in places for change in _take_away(project.program(place), place, operation)]
    doubt = doubt_of_readers(project.program(places[0]), logarithms=operation == "log_softmax")
    return Draft(tuple(dict.fromkeys(changes)), doubt)


def _take_away(program: Program, place: Place | None, operation: str) -> tuple[Change, ...]:
    use = find_use(program, place, (operation,))
    if use.style == "layer":
        return _without_layer(program, use)
    kept = use.input()
    if _has_comments(use.call) > _has_comments(kept):
        raise RefusedError("a comment stands inside the call that would go")
    return (program.replaced(use.call, program.within_brackets(kept, use.call)),)


def _has_comments(node: cst.CSTNode) -> int:
    return sum(isinstance(below, cst.Comment) for below in walk(node))


def _without_layer(program: Program, use: Use) -> tuple[Change, ...]:
    """The last layer of a Sequential goes; elsewhere an Identity takes its place, so that no index moves."""
    argument = program.parent(use.call)
    container = program.around(use.call, cst.Call)
    named = program.imported_name(container.func) if container else None
    if container and named == "torch.nn.Sequential" and len(container.args) > 1 and container.args[-1] is argument:
        return (_without_last(program, container),)
    spelled, imports = spell(program, "torch.nn", "Identity")
    return (program.replaced(use.call, f"{spelled}()"), *imports)


def _without_last(program: Program, container: cst.Call) -> Change:
    """The last argument goes with its line, or with the comma before it where it shares its line."""
    before, last = container.args[-2:]
    lines = program.lines(last)
    alone = lines.start > program.lines(before)[-1] and program.lines(container)[-1] > lines[-1]
    if alone:
        return program.change(program.line_start(lines.start), program.line_start(lines[-1] + 1), "")
    return program.change(program.span(before)[1], program.span(last)[1], "")
