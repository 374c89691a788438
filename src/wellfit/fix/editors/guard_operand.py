"""Keeps an operand away from where its result or slope is infinite."""

import libcst as cst

from wellfit.fix.calls import Use, find_use
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project
from wellfit.model.place import Place
from wellfit.model.rule import Finding

SMALL = "1e-8"
"""Far below what a sum of float32 values around 1 can resolve, far above its smallest number."""


@editor("WF802")
def guard_operand(finding: Finding, project: Project) -> Draft:
    """The operand of log and sqrt is held at or above 1e-8; a divisor gets 1e-8 added."""
    operation = finding.fix.details.get("operation", "")
    program = project.program(finding.where)
    if operation in ("log", "sqrt"):
        use = find_use(program, finding.where, (operation,))
        return Draft((program.followed(use.input(), f".clamp_min({SMALL})"),))
    if operation == "div":
        divisor = _divisor(program, finding.where)
        doubt = "a divisor that may be negative can come to 0 by the very amount that is added"
        text = f"{program.source(divisor)} + {SMALL}"
        return Draft((program.replaced(divisor, text if divisor.lpar else f"({text})"),), doubt)
    raise RefusedError(f"how to hold {operation or 'the operation'} within its bounds depends on what it computes")


def _divisor(program: Program, place: Place | None) -> cst.BaseExpression:
    line = place.line if place else 0
    every = (o for o in program.within(program.module, cst.BinaryOperation) if line in program.lines(o))
    divisors = [o.right for o in every if isinstance(o.operator, cst.Divide) and not isinstance(o.right, _NUMBERS)]
    if len(divisors) == 1:
        return divisors[0]
    if divisors:
        raise RefusedError("several divisions stand on this line")
    use: Use = find_use(program, place, ("div", "divide", "true_divide"))
    other = use.argument(1, "other")
    if other is None:
        raise RefusedError("the divisor is not written on this line")
    return other.value


_NUMBERS = (cst.Integer, cst.Float)
