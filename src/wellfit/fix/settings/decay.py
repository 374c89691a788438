"""The weight decay of a setting."""

from collections.abc import Iterator, Sequence

import libcst as cst

from wellfit.fix.arguments import add_argument, set_argument
from wellfit.fix.calls import argument_of, find_optimizer
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program
from wellfit.fix.rates import trainer_arguments
from wellfit.fix.settings.literals import number_of, spelled
from wellfit.fix.settings.values import Files, value_change
from wellfit.model.change import Change
from wellfit.model.events.rates import RatesSeen

NAME = "weight_decay"


def decay_edit(files: Files, rates: Sequence[RatesSeen], decay: float) -> tuple[Change, ...]:
    """The groups that decay get this weight decay; all groups of an optimizer of which none does.

    Args:
        files: of the program.
        rates: of the optimizers.
        decay: >= 0.

    Raises:
        RefusedError: it is not written where it could be exchanged.
    """
    return tuple(dict.fromkeys(change for one in rates for change in _of_optimizer(files, one, decay)))


def _of_optimizer(files: Files, seen: RatesSeen, decay: float) -> Iterator[Change]:
    program = files.project.program(seen.made_at)
    trainer = trainer_arguments(program)
    if trainer is not None:
        yield set_argument(program, trainer, NAME, spelled(decay), position=-1)
        return
    call = find_optimizer(program, seen.made_at)
    if sum(argument.keyword is None for argument in call.args) > 2:  # noqa: PLR2004 - parameters and rate
        raise RefusedError("the optimizer's settings are handed over without their names")
    given = argument_of(call, -1, NAME)
    named = [one.value for one in program.within(call, cst.DictElement) if _is_decay(one)]
    decaying = [value for value in named if number_of(value) != 0]
    others = _others(program, call, len(named))
    if named and not decaying and not others and given is None:
        raise RefusedError("none of the parameter groups decays")
    for value in decaying:
        yield value_change(files, program, value, decay)
    if given is not None:
        yield value_change(files, program, given.value, decay)
    elif not decaying or others:
        yield add_argument(program, call, f"{NAME}={spelled(decay)}")


def _is_decay(element: cst.DictElement) -> bool:
    return isinstance(element.key, cst.SimpleString) and element.key.evaluated_value == NAME


def _others(program: Program, call: cst.Call, named: int) -> bool:
    """Whether there are groups that do not say a decay of their own."""
    return len([one for one in program.within(call, cst.Dict) if one.elements]) > named
