"""Sets the learning rate."""

from collections.abc import Mapping

import libcst as cst

from wellfit.fix.arguments import add_argument
from wellfit.fix.calls import argument_of, find_optimizer
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.editors.schedule_length import lengthened
from wellfit.fix.program import Program, Project
from wellfit.model.change import Change
from wellfit.model.rule import Finding

USUAL: Mapping[str, str] = {"SGD": "1e-2", "Adagrad": "1e-2", "Adadelta": "1.0", "LBFGS": "1.0", "Rprop": "1e-2"}
"""Rates to begin with by optimizer; of all others it is torch's own default of Adam."""
ADAM_RATE = "1e-3"


@editor("WF309", "WF310", doubt="the rate may have been chosen with care; how far to move it is an estimate")
def move_rate(finding: Finding, project: Project) -> Draft:
    """The learning rate is moved by the power of ten that brings the steps to their usual size."""
    factor, rate = finding.fix.details.get("factor", 0.1), finding.fix.details.get("rate")
    program = project.program(finding.where)
    call = find_optimizer(program, finding.where)
    given = argument_of(call, 1, "lr")
    if given is None:
        if rate is None:
            raise RefusedError("the optimizer is made without a learning rate")
        return Draft((add_argument(program, call, f"lr={rate * factor:g}"),))
    value = given.value
    if isinstance(value, (cst.Float, cst.Integer)):
        return Draft((program.replaced(value, f"{value.evaluated_value * factor:g}"),))
    return Draft((program.followed(value, f" * {factor:g}"),))


@editor("WF307")
def positive_rate(finding: Finding, project: Project) -> Draft:
    """A quotient that rounds to 0 is divided as it was meant, `/` for `//`; a rate written as 0 gets the usual one."""
    program = project.program(finding.where)
    if finding.fix.details.get("scheduled"):
        return _longer_schedule(finding, program)
    call = find_optimizer(program, finding.where)
    given = argument_of(call, 1, "lr")
    if given is None:
        raise RefusedError("the optimizer is made without a learning rate")
    value = _followed(program, given.value)
    divisions = [o for o in program.within(value, cst.BinaryOperation) if isinstance(o.operator, cst.FloorDivide)]
    if len(divisions) == 1:
        return Draft((_divided(program, divisions[0]),))
    if isinstance(value, (cst.Integer, cst.Float)) and value.evaluated_value == 0:
        usual = USUAL.get((program.imported_name(call.func) or "").rpartition(".")[2], ADAM_RATE)
        return Draft((program.replaced(value, usual),), "which rate was meant is not known; this is a usual one")
    raise RefusedError("where the rate becomes 0 is not written on this line")


def _longer_schedule(finding: Finding, program: Program) -> Draft:
    length, calls = finding.fix.details.get("length"), finding.fix.details.get("calls", 0)
    if length is None or length >= calls:
        raise RefusedError("a schedule brings the rate to 0: how it shall run is for the program's author to say")
    doubt = "the number of calls is that of this run; a longer one needs a larger length"
    return Draft((lengthened(program, finding.where, finding.fix.details),), doubt)


def _divided(program: Program, division: cst.BinaryOperation) -> Change:
    at = program.text.index("//", program.span(division.left)[1])
    return program.change(at, at + 2, "/")


def _followed(program: Program, value: cst.BaseExpression) -> cst.BaseExpression:
    """A constant's value where the rate is a name that the program binds once."""
    values = [bound for _, bound in program.assignments(value)] if isinstance(value, cst.Name) else []
    return values[0] if len(values) == 1 else value
