"""Puts a warmup and a decay one after the other."""

import libcst as cst

from wellfit.fix.calls import argument_of, find_constructor
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.editors.schedule_length import length_of
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, Project
from wellfit.model.rule import Finding

ROOM = "torch.optim.lr_scheduler"


@editor("WF314")
def join_in_sequence(finding: Finding, project: Project) -> Draft:
    """`ChainedScheduler([a, b])` becomes `SequentialLR(optimizer, [a, b], milestones=[n])`, b is n calls shorter."""
    warmup = finding.fix.details.get("warmup")
    if not warmup:
        raise RefusedError("which member is the warmup, and how long it is, is not known")
    program = project.program(finding.where)
    chain = find_constructor(program, finding.where, (f"{ROOM}.ChainedScheduler",))
    given = argument_of(chain, 0, "schedulers")
    members = given.value.elements if given is not None and isinstance(given.value, (cst.List, cst.Tuple)) else ()
    if given is None or len(members) != 2:  # noqa: PLR2004 - a warmup and a decay
        raise RefusedError("the two members are not written out on this line")
    first, second = (_made(program, member.value) for member in members)
    optimizer = argument_of(first, 0, "optimizer")
    length = length_of(program, second)
    if optimizer is None or length is None:
        raise RefusedError("the line that makes the decay does not say how long it is")
    spelled, imports = spell(program, ROOM, "SequentialLR")
    text = f"{spelled}({program.source(optimizer.value)}, {program.source(given.value)}, milestones=[{warmup}])"
    return Draft((program.replaced(chain, text), program.followed(length.value, f" - {warmup}"), *imports))


def _made(program: Program, member: cst.BaseExpression) -> cst.Call:
    """The call that makes a member, on the line itself or where its name is bound."""
    values = [member] if isinstance(member, cst.Call) else [value for _, value in program.assignments(member)]
    if len(values) != 1 or not isinstance(values[0], cst.Call) or member is values[0]:
        raise RefusedError("the members are made on the same line, or more than once")
    return values[0]
