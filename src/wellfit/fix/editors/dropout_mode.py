"""Lets a functional dropout follow the module's mode."""

import libcst as cst

from wellfit.fix.arguments import set_argument
from wellfit.fix.calls import Use, find_use
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.program import Program, Project
from wellfit.model.change import Change
from wellfit.model.rule import Finding

_ATTENTION = "scaled_dot_product_attention"


@editor("WF702")
def follow_mode(finding: Finding, project: Project) -> Draft:
    """`F.dropout(x, p)` becomes `F.dropout(x, p, training=self.training)`; attention gets its `dropout_p` likewise."""
    operation = finding.fix.details.get("operation", "dropout")
    program = project.program(finding.where)
    use = find_use(program, finding.where, (operation,))
    if use.style not in ("function", "method"):
        raise RefusedError("a module drops here: it was put into training mode by itself")
    mode = f"{_self(program, use.call)}.training"
    if operation == _ATTENTION:
        return Draft((_attention(program, use, mode),))
    switch = "train" if program.imported_name(use.call.func) == f"torch.{operation}" else "training"
    return Draft((set_argument(program, use.call, switch, mode, position=2),))


def _attention(program: Program, use: Use, mode: str) -> Change:
    rate = use.argument(4, "dropout_p")
    if rate is None:
        raise RefusedError("the rate is not written on this line")
    text = program.source(rate.value)
    text = f"({text})" if isinstance(rate.value, (cst.IfExp, cst.Lambda)) else text
    return program.replaced(rate.value, f"{text} if {mode} else 0.0")


def _self(program: Program, call: cst.Call) -> str:
    """The module's own name in the method that the call stands in."""
    function = program.function(call)
    owner = program.around(function, cst.ClassDef) if function else None
    if function is None or owner is None or program.function(function) is not None:
        raise RefusedError("the line stands in no method, so that no module's mode is at hand")
    if any(program.source(d.decorator) in ("staticmethod", "classmethod") for d in function.decorators):
        raise RefusedError("the method belongs to the class, so that no module's mode is at hand")
    if not function.params.params:
        raise RefusedError("the method takes no self")
    return function.params.params[0].name.value
