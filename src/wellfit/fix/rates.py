"""Writes the learning rates that were found into the program: in the line that makes the optimizer or its schedule."""

from collections.abc import Callable, Iterable, Iterator

import libcst as cst

from wellfit.fix.arguments import add_argument, set_argument
from wellfit.fix.calls import argument_of, calls_at, find_optimizer
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program, Project
from wellfit.model.change import Change, apply_changes
from wellfit.model.lr import OptimizerRates, RateAnswer
from wellfit.model.source import Sources

PEAKS = {"OneCycleLR": ("max_lr", 1), "CyclicLR": ("max_lr", 2)}
"""Schedules that have a peak of their own, whatever rate the optimizer is made with: argument and position."""

TRAINER_ARGUMENTS, TRAINER_RATE = "TrainingArguments", "learning_rate"
"""What the Trainer of transformers is told its rate by."""

Spell = Callable[[float], str]

Number = (cst.Float, cst.Integer)


def rate_edits(answer: RateAnswer, sources: Sources) -> dict[str, tuple[str, str]]:
    """Text of each file that changes, before and after, by its absolute path.

    Args:
        answer: with a rate.
        sources: files of the lines that it names.

    Raises:
        RefusedError: a rate is not written as a number on such a line.
    """
    project = Project(sources)
    changes: dict[str, list[Change]] = {}
    for change in rate_changes(answer.optimizers, project):
        changes.setdefault(change.file, []).append(change)
    texts = {file: "".join(sources.files[file]) for file in changes}
    return {file: (text, apply_changes(text, changes[file])) for file, text in texts.items()}


def rate_changes(
    optimizers: Iterable[OptimizerRates], project: Project, spell: Spell | None = None
) -> tuple[Change, ...]:
    """The changes that give optimizers the rates that were found, each once.

    Args:
        optimizers: with the rates found.
        project: files of the lines that they name.
        spell: writes a rate; None writes two digits.

    Raises:
        RefusedError: a rate is not written as a number on such a line.
    """
    write = spell or spelled
    return tuple(dict.fromkeys(change for rates in optimizers for change in _changes(rates, project, write)))


def spelled(rate: float) -> str:
    """The rate as one would type it: two digits that count.

    Example:
        >>> spelled(0.032149), spelled(1.234e-05)
        ('0.032', '1.2e-05')
    """
    return f"{rate:.2g}"


def _changes(rates: OptimizerRates, project: Project, spell: Spell) -> Iterator[Change]:
    if rates.by_hand:
        raise RefusedError("the script sets its rates itself from step to step")
    if rates.scheduler in PEAKS:
        yield _of_schedule(rates, project.program(rates.scheduled_at), spell)
        return
    program = project.program(rates.made_at)
    arguments = trainer_arguments(program)
    if arguments is not None:
        yield set_argument(program, arguments, TRAINER_RATE, spell(rates.found[0]), position=-1)
        return
    call = find_optimizer(program, rates.made_at)
    factor = rates.found[0] / rates.peaks[0] if rates.peaks[0] else 0.0
    if len(set(rates.peaks)) > 1:
        yield from _of_groups(program, call, factor, spell)
        return
    given = argument_of(call, 1, "lr")
    if given is None:
        yield add_argument(program, call, f"lr={spell(rates.found[0])}")
        return
    yield _in_place_of(program, given.value, rates.found[0], spell)


def trainer_arguments(program: Program) -> cst.Call | None:
    """The one call that tells the Trainer of transformers its rate, which then makes the optimizer itself."""
    calls = [
        call
        for call in program.within(program.module, cst.Call)
        if (program.imported_name(call.func) or "").startswith("transformers.")
        and (program.imported_name(call.func) or "").endswith(TRAINER_ARGUMENTS)
    ]
    return calls[0] if len(calls) == 1 else None


def _of_schedule(rates: OptimizerRates, program: Program, spell: Spell) -> Change:
    name, position = PEAKS[rates.scheduler]
    calls = [
        call
        for call in calls_at(program, rates.scheduled_at)
        if (program.imported_name(call.func) or "").endswith(rates.scheduler)
    ]
    given = argument_of(calls[0], position, name) if len(calls) == 1 else None
    if given is None:
        raise RefusedError(f"{name} of {rates.scheduler} is not written on its line")
    return _in_place_of(program, given.value, rates.found[0], spell)


def _of_groups(program: Program, call: cst.Call, factor: float, spell: Spell) -> Iterator[Change]:
    """Every rate that the call names, so that their ratios stay."""
    given = argument_of(call, 1, "lr")
    named = [element.value for element in program.within(call, cst.DictElement) if _is_rate(element)]
    values = [*named] if given is None else [given.value, *named]
    if not values:
        raise RefusedError("the parameter groups get their rates elsewhere")
    for value in values:
        number = _number(program, value)
        yield program.replaced(number, spell(number.evaluated_value * factor))


def _is_rate(element: cst.DictElement) -> bool:
    return isinstance(element.key, cst.SimpleString) and element.key.evaluated_value == "lr"


def _in_place_of(program: Program, value: cst.BaseExpression, rate: float, spell: Spell) -> Change:
    return program.replaced(_number(program, value), spell(rate))


def _number(program: Program, value: cst.BaseExpression) -> cst.Float | cst.Integer:
    """The number itself, or the one that a name is bound to once."""
    bound = [v for _, v in program.assignments(value)] if isinstance(value, (cst.Name, cst.Attribute)) else []
    number = bound[0] if len(bound) == 1 else value
    if isinstance(number, cst.Call) and program.imported_name(number.func) == "torch.tensor" and number.args:
        number = number.args[0].value
    if not isinstance(number, Number):
        raise RefusedError(f"the rate is not written as a number but as `{program.module.code_for_node(value)}`")
    return number
