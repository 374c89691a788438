"""Whether parts of a model are kept in evaluation mode on purpose."""

import libcst as cst

from wellfit.fix.program import Program


def doubt_of_frozen_parts(program: Program, model: str) -> str | None:
    """Why putting the whole model into training mode may undo what the program set, or None.

    Args:
        program: the file of the training.
        model: the model as the program names it.
    """
    for call in program.within(program.module, cst.Call):
        if not isinstance(call.func, cst.Attribute) or call.args or call.func.attr.value != "eval":
            continue
        part = program.source(call.func.value)
        if part.startswith((f"{model}.", f"{model}[")):
            line = program.lines(call).start
            return f"line {line} puts {part} into evaluation mode, and train() on the whole model takes it out again"
    return None
