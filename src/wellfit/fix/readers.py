"""Whether a program reads the model's answers as probabilities, which raw scores are not."""

import libcst as cst

from wellfit.fix.program import Program

_DRAWN = ("random.", "numpy.random.", "torch.rand")
"""Numbers drawn at random are compared with shares too: that says nothing of the model."""


def doubt_of_readers(program: Program, *, logarithms: bool = False) -> str | None:
    """Why a model that answers raw scores may be misread, None where nothing in its file suggests so.

    Args:
        program: the file that makes the answers.
        logarithms: the answers were log-probabilities: only their exponentials would be misread.
    """
    if logarithms:
        lines = [program.lines(c).start for c in program.within(program.module, cst.Call) if _is_exp(program, c)]
        what = "takes an exponential"
    else:
        comparisons = program.within(program.module, cst.Comparison)
        lines = [program.lines(c).start for c in comparisons if _has_share(c) and not _is_drawn(program, c)]
        lines += [program.lines(c).start for c in program.within(program.module, cst.Call) if _is_round(program, c)]
        what = "reads a share between 0 and 1"
    return f"line {min(lines)} {what}; if it reads this model's answers, they will be raw scores" if lines else None


def _has_share(comparison: cst.Comparison) -> bool:
    sides = [comparison.left, *(target.comparator for target in comparison.comparisons)]
    return any(isinstance(side, cst.Float) and 0 < side.evaluated_value < 1 for side in sides)


def _is_drawn(program: Program, comparison: cst.Comparison) -> bool:
    calls = program.within(comparison, cst.Call)
    return any((program.imported_name(call.func) or "").startswith(_DRAWN) for call in calls)


def _is_round(program: Program, call: cst.Call) -> bool:
    if isinstance(call.func, cst.Attribute) and not call.args:
        return call.func.attr.value == "round"
    return program.imported_name(call.func) == "torch.round"


def _is_exp(program: Program, call: cst.Call) -> bool:
    if isinstance(call.func, cst.Attribute) and not call.args:
        return call.func.attr.value == "exp"
    return program.imported_name(call.func) in {"torch.exp", "numpy.exp", "math.exp"}
