"""Takes away what cuts a loss from its graph."""

import libcst as cst

from wellfit.fix.blocks import remove, small_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project, same
from wellfit.model.rule import Finding

WRAPPERS = frozenset({"torch.tensor", "torch.as_tensor", "torch.from_numpy", "torch.autograd.Variable", "torch.Tensor"})
"""Functions that make a new tensor of a value; the graph ends there."""
METHODS = frozenset({"item", "detach", "numpy", "tolist", "requires_grad_", "clone", "cpu"})
"""Methods on the way out of the graph, and those that only accompany them."""


@editor("WF107", doubt="a loss that is wrapped anew may be one whose gradients are computed by hand")
def unwrap_loss(finding: Finding, project: Project) -> Draft:
    """`loss = torch.tensor(loss.item(), requires_grad=True)` goes; of another value than itself only the wrapping."""
    if finding.fix.place is None:
        raise RefusedError("the line that takes the loss out of its graph was not seen")
    program = project.program(finding.fix.place)
    statement = small_at(program, finding.fix.place)
    if not isinstance(statement, cst.Assign) or len(statement.targets) != 1:
        raise RefusedError("the line is no assignment to one name")
    inner = unwrapped(program, statement.value)
    if inner is statement.value:
        raise RefusedError("what takes the loss out of its graph is not written on this line")
    if same(inner, statement.targets[0].target):
        return Draft((remove(program, statement),))
    return Draft((program.replaced(statement.value, program.within_brackets(inner, statement.value)),))


def unwrapped(program: Program, value: cst.BaseExpression) -> cst.BaseExpression:
    """The value inside conversions that leave the graph and come back: `loss` in `torch.tensor(loss.item())`."""
    while True:
        inner = _inner(program, value)
        if inner is None:
            return value
        value = inner


def _inner(program: Program, value: cst.BaseExpression) -> cst.BaseExpression | None:
    if isinstance(value, cst.Attribute):
        return value.value if value.attr.value == "data" else None
    if not isinstance(value, cst.Call):
        return None
    if program.imported_name(value.func) in WRAPPERS or (program.is_builtin(value.func) and value.args):
        return value.args[0].value if value.args and not value.args[0].star else None
    if isinstance(value.func, cst.Attribute) and value.func.attr.value in METHODS:
        return value.func.value
    return None
