"""Brings the model back into training mode before it is trained."""

import libcst as cst

from wellfit.fix.blocks import line_of, put_before, small_at
from wellfit.fix.draft import Draft, editor
from wellfit.fix.loops import loops_around, reaches
from wellfit.fix.models import model_text
from wellfit.fix.modes import doubt_of_frozen_parts
from wellfit.fix.program import Line, Program, Project
from wellfit.model.place import Place
from wellfit.model.rule import Finding


@editor("WF204", "WF205")
def back_to_training_mode(finding: Finding, project: Project) -> Draft:
    """`model.train()` goes before the training loop; into the loop, where the evaluation runs within it."""
    trains_at = finding.fix.details.get("trains_at") or finding.where
    program = project.program(trains_at)
    name = model_text(program, trains_at)
    line = line_of(program, small_at(program, trains_at))
    change = put_before(program, _anchor(program, line, finding.where), f"{name}.train()")
    return Draft((change,), _doubt(finding, program, name))


def _anchor(program: Program, line: Line, evaluated_at: Place | None) -> Line:
    loops = loops_around(program, line)
    if not loops or _holds(program, loops[0], evaluated_at):
        return line
    return loops[0]


def _holds(program: Program, loop: cst.For | cst.While, place: Place | None) -> bool:
    """Whether the evaluation may run within the loop; where that cannot be seen, it may."""
    if place is None or place.file != program.file:
        return True
    if program.lines(loop).start <= place.line <= max(program.lines(loop)):
        return True
    return place.function != "<module>" and reaches(program, loop, place.function)


def _doubt(finding: Finding, program: Program, name: str) -> str | None:
    if not finding.fix.details.get("evaluated", True):
        return "no evaluation ran before: the mode may be chosen, to keep batch norm's statistics as they are"
    return doubt_of_frozen_parts(program, name)
