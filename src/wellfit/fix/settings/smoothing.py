"""The label smoothing of a setting: in the losses that are trained on."""

from collections.abc import Iterator

import libcst as cst

from wellfit.fix.arguments import add_argument
from wellfit.fix.calls import Use, argument_of, use_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program
from wellfit.fix.settings.literals import spelled
from wellfit.fix.settings.values import Files, value_change
from wellfit.model.change import Change

NAME, OPERATION = "label_smoothing", "cross_entropy"
NO_GRADIENTS = frozenset({"torch.no_grad", "torch.inference_mode", "torch.autograd.no_grad"})


def smoothing_edit(files: Files, amount: float) -> tuple[Change, ...]:
    """Every cross entropy outside of `no_grad` smooths its labels; so does the layer that one of them calls.

    Args:
        files: of the program.
        amount: share of each label that is spread over all classes, in [0, 1).

    Raises:
        RefusedError: there is none, or the evaluation computes its loss by the same layer.
    """
    found = dict.fromkeys(change for program in files.programs for change in _of_program(files, program, amount))
    if not found:
        raise RefusedError("no cross entropy that is trained on is written in the script's own files")
    return tuple(found)


def _of_program(files: Files, program: Program, amount: float) -> Iterator[Change]:
    uses = [
        u for c in program.within(program.module, cst.Call) if (u := use_of(program, c)) and u.operation == OPERATION
    ]
    shared = [use for use in uses if use.style == "module" and _is_evaluation(program, use.call)]
    for use in uses:
        if use.style == "module" or _is_evaluation(program, use.call):
            continue
        if use.style == "layer" and any(other.made is use.call for other in shared):
            raise RefusedError("the evaluation computes its loss by the same layer, and would be smoothed, too")
        yield _smoothed(files, program, use, amount)


def _smoothed(files: Files, program: Program, use: Use, amount: float) -> Change:
    given = argument_of(use.call, -1, NAME)
    if given is None:
        return add_argument(program, use.call, f"{NAME}={spelled(amount)}")
    return value_change(files, program, given.value, amount)


def _is_evaluation(program: Program, call: cst.Call) -> bool:
    """Whether no gradients are computed around a call."""
    for above in program.ancestors(call):
        if isinstance(above, cst.With) and any(_turns_off(program, item.item) for item in above.items):
            return True
        if isinstance(above, cst.FunctionDef):
            return any(_turns_off(program, one.decorator) for one in above.decorators)
    return False


def _turns_off(program: Program, node: cst.BaseExpression) -> bool:
    name = program.imported_name(node.func if isinstance(node, cst.Call) else node)
    return name in NO_GRADIENTS
