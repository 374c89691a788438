"""Gives a schedule the length of the run."""

from collections.abc import Mapping
from typing import Any

import libcst as cst

from wellfit.fix.calls import argument_of, calls_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project
from wellfit.model.change import Change
from wellfit.model.place import Place
from wellfit.model.rule import Finding

LENGTHS: Mapping[str, tuple[int, str]] = {
    "CosineAnnealingLR": (1, "T_max"),
    "LinearLR": (3, "total_iters"),
    "OneCycleLR": (2, "total_steps"),
    "PolynomialLR": (1, "total_iters"),
    "get_cosine_schedule_with_warmup": (2, "num_training_steps"),
    "get_linear_schedule_with_warmup": (2, "num_training_steps"),
    "get_polynomial_decay_schedule_with_warmup": (2, "num_training_steps"),
    "get_scheduler": (3, "num_training_steps"),
    "schedule": (2, "steps"),
}
"""Classes and functions that make a schedule, with the position and the name of its length."""

_ROOMS = ("torch.optim.lr_scheduler", "transformers", "wellfit")


@editor("WF311", "WF312", "WF313", doubt="the number of calls is that of this run; a longer one needs a larger length")
def lengthen_schedule(finding: Finding, project: Project) -> Draft:
    """`T_max`, `total_iters` or `num_training_steps` becomes the number of `scheduler.step()` calls of the run."""
    return Draft((lengthened(project.program(finding.where), finding.where, finding.fix.details),))


def lengthened(program: Program, place: Place | None, details: Mapping[str, Any]) -> Change:
    """The change that gives the schedule made on a line the length that a finding says.

    Raises:
        RefusedError: the finding says none, or the line leaves more than one reading.
    """
    if not details.get("calls") or not details.get("argument"):
        raise RefusedError("how the schedule shall run is for the program's author to say")
    given = [found for call in calls_at(program, place) if (found := length_of(program, call)) is not None]
    if len(given) != 1:
        raise RefusedError(
            "several schedules are made on this line" if given else "no call on this line takes a schedule's length"
        )
    return program.replaced(given[0].value, str(details["calls"]))


def length_of(program: Program, call: cst.Call) -> cst.Arg | None:
    """The argument of a call that says how long the schedule it makes is; None where there is none."""
    room, _, name = (program.imported_name(call.func) or "").rpartition(".")
    if name not in LENGTHS or not room.startswith(_ROOMS):
        return None
    return argument_of(call, *LENGTHS[name])
