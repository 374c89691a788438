"""Which optimizer a statement steps, as the program itself writes it."""

import libcst as cst

from wellfit.fix.calls import made_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program, dotted


def optimizer_text(program: Program, step: cst.BaseSmallStatement) -> str:
    """`optimizer` of `optimizer.step()`, and of `scaler.step(optimizer)` where a gradient scaler steps it.

    Raises:
        RefusedError: the statement is neither, so that the optimizer's name is not certain.
    """
    calls = [call for call in program.within(step, cst.Call) if is_step(call)]
    if len(calls) != 1 or not isinstance(calls[0].func, cst.Attribute):
        raise RefusedError("the optimizer is not stepped by a call of step() on this line")
    call, receiver = calls[0], calls[0].func.value
    if not call.args:
        return program.source(receiver)
    made = made_of(program, receiver)
    name = program.imported_name(made.func) if made else None
    if name is not None and name.endswith("GradScaler") and dotted(call.args[0].value):
        return program.source(call.args[0].value)
    raise RefusedError("step() is called with an argument, a closure perhaps")


def is_step(call: cst.Call) -> bool:
    """Whether a call is of something's `step`."""
    return isinstance(call.func, cst.Attribute) and call.func.attr.value == "step"
