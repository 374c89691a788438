"""Gives a schedule the length of the run."""

from wellfit.fix.calls import argument_of, calls_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Project
from wellfit.model.rule import Finding


@editor("WF311", doubt="the number of calls is that of this run; a longer one needs a larger T_max")
def lengthen_schedule(finding: Finding, project: Project) -> Draft:
    """`T_max` becomes the number of times that the run calls `scheduler.step()`."""
    program = project.program(finding.where)
    made = [
        c for c in calls_at(program, finding.where) if (program.imported_name(c.func) or "").endswith("AnnealingLR")
    ]
    if len(made) != 1:
        raise RefusedError("several schedules are made on this line" if made else "no call on this line makes a cosine")
    given = argument_of(made[0], 1, "T_max")
    if given is None:
        raise RefusedError("the schedule is made without T_max")
    return Draft((program.replaced(given.value, str(finding.fix.details["calls"])),))
