"""The clipping of gradients of a setting."""

from collections.abc import Iterator, Sequence

import libcst as cst

from wellfit.fix.blocks import put_before_small
from wellfit.fix.calls import argument_of, find_optimizer, made_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.imports import spell
from wellfit.fix.program import Program
from wellfit.fix.settings.literals import number_of, spelled
from wellfit.fix.settings.values import Files, value_change
from wellfit.fix.steps import is_step, optimizer_text
from wellfit.model.change import Change
from wellfit.model.events.rates import RatesSeen

CLIP = "torch.nn.utils.clip_grad_norm_"


def clip_edit(files: Files, rates: Sequence[RatesSeen], norm: float) -> tuple[Change, ...]:
    """Gradients are clipped to a norm before each step; where the program clips them already, to the smaller norm.

    Args:
        files: of the program.
        rates: of the optimizers.
        norm: above 0.

    Raises:
        RefusedError: where an optimizer steps is not certain.
    """
    own = [(program, call) for program in files.programs for call in _clips(program)]
    if own:
        return tuple(_lowered(files, own, norm))
    found = dict.fromkeys(change for seen in rates for change in _inserted(files, seen, norm))
    if not found:
        raise RefusedError("no call of step() of these optimizers is written in the script's own files")
    return tuple(found)


def _clips(program: Program) -> list[cst.Call]:
    return [call for call in program.within(program.module, cst.Call) if program.imported_name(call.func) == CLIP]


def _lowered(files: Files, own: Sequence[tuple[Program, cst.Call]], norm: float) -> Iterator[Change]:
    for program, call in own:
        given = argument_of(call, 1, "max_norm")
        if given is None:
            raise RefusedError("the norm that gradients are clipped to is not written")
        known = number_of(given.value)
        if known is None or known > norm:
            yield value_change(files, program, given.value, norm)


def _inserted(files: Files, seen: RatesSeen, norm: float) -> Iterator[Change]:
    made = find_optimizer(files.project.program(seen.made_at), seen.made_at)
    program = files.project.program(seen.made_at)
    for call in program.within(program.module, cst.Call):
        if (
            not is_step(call)
            or not isinstance(call.func, cst.Attribute)
            or made_of(program, call.func.value) is not made
        ):
            continue
        step = program.around(call, cst.Expr)
        if step is None:
            raise RefusedError("step() stands within another expression")
        name, imports = spell(program, "torch.nn.utils", "clip_grad_norm_")
        parameters = f'[p for group in {optimizer_text(program, step)}.param_groups for p in group["params"]]'
        yield put_before_small(program, step, f"{name}({parameters}, {spelled(norm)})")
        yield from imports
