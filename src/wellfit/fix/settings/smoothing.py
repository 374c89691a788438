"""The label smoothing of a setting: in the losses that are trained on."""

from collections.abc import Iterator, Sequence

import libcst as cst

from wellfit.fix.arguments import add_argument
from wellfit.fix.calls import Use, argument_of, find_use, use_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program
from wellfit.fix.settings.literals import spelled
from wellfit.fix.settings.values import Files, value_change
from wellfit.model.change import Change
from wellfit.model.place import Place

NAME, OPERATION = "label_smoothing", "cross_entropy"


def smoothing_edit(files: Files, losses: Sequence[Place], amount: float) -> tuple[Change, ...]:
    """The cross entropies that gradients flow from smooth their labels; of a layer it is set where that is made.

    Args:
        files: of the program.
        losses: lines that call them, as a run has told.
        amount: share of each label that is spread over all classes, in [0, 1).

    Raises:
        RefusedError: there is none, or a layer serves another line, such as the evaluation's, too.
    """
    if not losses:
        raise RefusedError("the study does not say which lines compute the loss")
    return tuple(dict.fromkeys(_of_line(files, place, losses, amount) for place in losses))


def _of_line(files: Files, place: Place, losses: Sequence[Place], amount: float) -> Change:
    program = files.project.program(place)
    use = find_use(program, place, (OPERATION,))
    call = use.call if use.made is None else use.made
    if use.made is not None and any(_is_another(program, other, losses) for other in _uses_of(program, use)):
        raise RefusedError("another line, of an evaluation perhaps, calls the same layer, and would be smoothed, too")
    given = argument_of(call, -1, NAME)
    if given is None:
        return add_argument(program, call, f"{NAME}={spelled(amount)}")
    return value_change(files, program, given.value, amount)


def _uses_of(program: Program, use: Use) -> Iterator[cst.Call]:
    """All calls of a layer."""
    for call in program.within(program.module, cst.Call):
        other = use_of(program, call)
        if other is not None and other.style == "module" and other.made is use.made:
            yield call


def _is_another(program: Program, call: cst.Call, losses: Sequence[Place]) -> bool:
    lines = program.lines(call)
    return not any(place.file == program.file and place.line in lines for place in losses)
