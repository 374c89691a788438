"""Gives two tensors that broadcast against each other one shape."""

from collections.abc import Mapping

import libcst as cst

from wellfit.fix.calls import find_use
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project
from wellfit.model.place import Place
from wellfit.model.rule import Finding

_OPERATORS: Mapping[str, type[cst.BaseBinaryOp]] = {
    "sub": cst.Subtract,
    "mul": cst.Multiply,
    "div": cst.Divide,
    "add": cst.Add,
}


@editor("WF106")
def match_shapes(finding: Finding, project: Project) -> Draft:
    """The operand of shape (N, 1) is squeezed to the (N,) of the other: `net(x)` becomes `net(x).squeeze(-1)`."""
    details = finding.fix.details
    program = project.program(finding.where)
    operands = _operands(program, finding.where, details.get("operation", ""))
    left, right = tuple(details.get("left", ())), tuple(details.get("right", ()))
    operand, shape = (operands[0], left) if len(left) > len(right) else (operands[1], right)
    shorter = min((left, right), key=len)
    if (*shape[:1], *shape[2:]) != shorter or len(shape) < 2 or shape[1] != 1:  # noqa: PLR2004 - (N, 1)
        raise RefusedError(f"shapes {left} and {right} do not differ by one dimension of size 1 only")
    dim = -1 if len(shape) == 2 else 1  # noqa: PLR2004 - (N, 1) is squeezed at its end, as everybody writes it
    return Draft((program.followed(operand, f".squeeze({dim})"),))


def _operands(program: Program, place: Place | None, operation: str) -> tuple[cst.BaseExpression, cst.BaseExpression]:
    """Both operands, of an operator or of a loss function."""
    kind = _OPERATORS.get(operation)
    found = [] if kind is None or place is None else _operations(program, place.line, kind)
    if len(found) == 1:
        return found[0].left, found[0].right
    if found:
        raise RefusedError(f"several operations of the kind {operation} stand on this line")
    use = find_use(program, place, (operation,))
    other = use.argument(1, "target" if use.style != "method" else "other")
    if other is None:
        raise RefusedError("the second tensor is not written on this line")
    return use.input(), other.value


def _operations(program: Program, line: int, kind: type[cst.BaseBinaryOp]) -> list[cst.BinaryOperation]:
    every = program.within(program.module, cst.BinaryOperation)
    found = [one for one in every if isinstance(one.operator, kind) and line in program.lines(one)]
    tensors = [one for one in found if not isinstance(one.left, _NUMBERS) and not isinstance(one.right, _NUMBERS)]
    exact = [one for one in tensors if program.lines(one).start == line]
    return exact if len(exact) == 1 else tensors


_NUMBERS = (cst.Integer, cst.Float)
