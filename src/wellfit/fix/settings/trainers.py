"""The schedule of a setting where a library steps the optimizer, as that library is told it."""

from collections.abc import Iterator

import libcst as cst

from wellfit.fix.arguments import set_argument
from wellfit.fix.blocks import line_of, put_after
from wellfit.fix.calls import argument_of
from wellfit.fix.draft import RefusedError
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, dotted
from wellfit.fix.settings.literals import number_of
from wellfit.fix.settings.stepping import Wanted, lines_of
from wellfit.model.change import Change
from wellfit.model.events.rates import RatesSeen

HOOK = "configure_optimizers"
"""The method of a LightningModule that hands its optimizers over, and what is to be stepped with them."""

STEPS = "self.trainer.estimated_stepping_batches"
"""Lightning's own number of optimizer steps in the whole run."""

WARMUPS = ("warmup_steps", "warmup_ratio")


def of_transformers(program: Program, arguments: cst.Call, shape: str) -> Iterator[Change]:
    """The Trainer of transformers makes its schedule itself; it goes down to 0 as trials had it, without a warmup.

    Args:
        program: file of the call.
        arguments: `TrainingArguments(...)`.
        shape: constant, linear or cosine.
    """
    yield set_argument(program, arguments, "lr_scheduler_type", f'"{shape}"', position=-1)
    for name in WARMUPS:
        given = argument_of(arguments, -1, name)
        if given is not None and number_of(given.value) != 0:
            yield program.replaced(given.value, "0")


def of_lightning(program: Program, made: cst.Call, seen: RatesSeen, shape: str) -> tuple[Change, ...] | None:
    """`configure_optimizers` hands a schedule over, to be stepped with every step; None where that is not in charge.

    Args:
        program: file of the optimizer.
        made: the call that makes it.
        seen: what a run told of it.
        shape: constant, linear or cosine.

    Raises:
        RefusedError: a schedule is handed over already, or more than an optimizer.
    """
    function = program.function(made)
    if function is None or function.name.value != HOOK or program.around(function, cst.ClassDef) is None:
        return None
    returns = program.within(function, cst.Return)
    if seen.scheduler:
        raise RefusedError(f"{HOOK} hands a {seen.scheduler} over already")
    if len(returns) != 1 or returns[0].value is None:
        raise RefusedError(f"{HOOK} returns at {len(returns)} places")
    return tuple(_handed_over(program, made, returns[0], returns[0].value, shape))


def _handed_over(
    program: Program, made: cst.Call, returned: cst.Return, value: cst.BaseExpression, shape: str
) -> Iterator[Change]:
    name, imports = spell(program, "wellfit", "schedule")
    statement = program.parent(made)
    target = statement.targets[0].target if isinstance(statement, cst.Assign) else None
    optimizer = "optimizer" if value is made else dotted(value)
    if optimizer is None or (value is not made and (target is None or dotted(target) != optimizer)):
        raise RefusedError(f"{HOOK} does not hand over the optimizer alone")
    codes = [
        f"scheduler = {Wanted(shape, None).made(name, optimizer, STEPS)}",
        f'return {{"optimizer": {optimizer}, "lr_scheduler": {{"scheduler": scheduler, "interval": "step"}}}}',
    ]
    if value is made:
        yield program.change(program.span(returned)[0], program.span(value)[0], f"{optimizer} = ")
        yield put_after(program, line_of(program, returned), lines_of(program, returned, codes))
    else:
        yield program.replaced(returned, lines_of(program, returned, codes))
    yield from imports
