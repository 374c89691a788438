"""Steps a learning-rate schedule in the unit that it counts."""

from collections.abc import Sequence

import libcst as cst

from wellfit.fix.blocks import line_code, line_of, put_after, remove, siblings, simple_line, small_at
from wellfit.fix.calls import argument_of, calls_at
from wellfit.fix.draft import Draft, RefusedError, editor
from wellfit.fix.loops import Loop, loops_around
from wellfit.fix.program import Line, Program, Project, dotted, same
from wellfit.fix.steps import is_step
from wellfit.model.change import Change
from wellfit.model.place import Place
from wellfit.model.rule import Finding

SAME_LENGTH = 0.02  # how far a schedule's length may lie from the run's steps, as a share, to be meant as them
PER_STEP = ("OneCycleLR", "CyclicLR")
"""Schedules that are documented to be stepped after every batch."""
HOOK = "configure_optimizers"
"""The method of a LightningModule that hands its schedulers over, each with the unit that it is stepped in."""


@editor("WF305")
def step_in_the_other_unit(finding: Finding, project: Project) -> Draft:
    """`scheduler.step()` moves behind the loop over the batches; or into it, behind `optimizer.step()`."""
    program = project.program(finding.where)
    description = _description(program, finding.where)
    if description is not None:
        return Draft((_with_interval(program, description, finding.fix.details.get("unit", "epoch")),))
    scheduler, optimizer = _scheduler(program, finding.where)
    step = _only_step(program, scheduler)
    moved = simple_line(program, step)
    code = line_code(program, moved)
    anchor: Line
    if finding.fix.details.get("unit") == "epoch":
        anchor = _batches(program, moved)
    else:
        anchor = simple_line(program, _optimizer_step(program, optimizer))
    return Draft((remove(program, step), put_after(program, anchor, code)))


@editor("WF306")
def step_the_schedule(finding: Finding, project: Project) -> Draft:
    """`scheduler.step()` goes behind the loop over the batches, or behind `optimizer.step()` where it counts these."""
    program = project.program(finding.where)
    scheduler, optimizer = _scheduler(program, finding.where)
    line = simple_line(program, _optimizer_step(program, optimizer))
    name = dotted(scheduler)
    loops = loops_around(program, line)
    per_step, doubt = _unit(finding)
    if per_step or len(loops) < 2:  # noqa: PLR2004 - a loop over the batches in one over the epochs
        return Draft((put_after(program, line, f"{name}.step()"),), doubt if per_step else _ONE_LOOP)
    return Draft((put_after(program, loops[0], f"{name}.step()"),), doubt)


def _description(program: Program, place: Place | None) -> cst.Dict | None:
    """What Lightning's `configure_optimizers` says of the scheduler made on a line: Lightning steps it itself."""
    calls = _made(program, place)
    function = program.function(calls[0]) if calls else None
    if function is None or function.name.value != HOOK:
        return None
    statement = program.around(calls[0], cst.Assign)
    meant = [calls[0], *(target.target for target in (statement.targets if statement else ()))]
    found = [d for d in program.within(function, cst.Dict) if _is_one_of(_value(d, "scheduler"), meant)]
    return found[0] if len(found) == 1 else None


def _is_one_of(value: cst.BaseExpression | None, meant: Sequence[cst.BaseExpression]) -> bool:
    return value is not None and any(value is one or same(value, one) for one in meant)


def _with_interval(program: Program, description: cst.Dict, unit: str) -> Change:
    interval = _value(description, "interval")
    if interval is not None:
        return program.replaced(interval, f'"{unit}"')
    at = program.span(description.elements[-1])[1]
    return program.change(at, at, f', "interval": "{unit}"')


def _value(description: cst.Dict, key: str) -> cst.BaseExpression | None:
    """What a dictionary that is written out holds under a key."""
    entries = [e for e in description.elements if isinstance(e, cst.DictElement)]
    strings = [(e.key, e.value) for e in entries if isinstance(e.key, cst.SimpleString)]
    return next((value for known, value in strings if known.evaluated_value == key), None)


_ONE_LOOP = "there is no loop over epochs, so the schedule is stepped after every batch"


def _unit(finding: Finding) -> tuple[bool, str | None]:
    """Whether the schedule counts optimizer steps, and why that is not certain."""
    details = finding.fix.details
    longest, epochs, steps = details.get("longest", 0), details.get("epochs", 0), details.get("steps", 0)
    if details.get("kind") in PER_STEP or (longest and abs(longest - steps) <= max(1, SAME_LENGTH * steps)):
        return True, None
    certain = 0 < longest <= epochs
    return False, None if certain else "whether its lengths count epochs or batches is not known; this counts epochs"


def _scheduler(program: Program, place: Place | None) -> tuple[cst.BaseExpression, cst.BaseExpression]:
    """The name that the scheduler made on a line is given, and its optimizer."""
    calls = _made(program, place)
    statement = program.around(calls[0], cst.Assign) if calls else None
    optimizer = argument_of(calls[0], 0, "optimizer") if calls else None
    if statement is None or optimizer is None or len(statement.targets) != 1:
        raise RefusedError("the line does not give a scheduler a name")
    target = statement.targets[0].target
    if dotted(target) is None or dotted(optimizer.value) is None:
        raise RefusedError("the line does not give a scheduler a name")
    return target, optimizer.value


def _made(program: Program, place: Place | None) -> list[cst.Call]:
    return [c for c in calls_at(program, place) if "lr_scheduler." in (program.imported_name(c.func) or "")]


def _only_step(program: Program, scheduler: cst.BaseExpression) -> cst.BaseSmallStatement:
    calls = [c for c in _steps(program) if isinstance(c.func, cst.Attribute) and same(c.func.value, scheduler)]
    if len(calls) != 1:
        raise RefusedError(f"{dotted(scheduler)}.step() is written {len(calls)} times in this file")
    return _statement(program, calls[0])


def _optimizer_step(program: Program, optimizer: cst.BaseExpression) -> cst.BaseSmallStatement:
    calls = [c for c in _steps(program) if _is_of(c, optimizer)]
    if len(calls) != 1:
        raise RefusedError(f"{dotted(optimizer)}.step() is written {len(calls)} times in this file")
    return _statement(program, calls[0])


def _is_of(call: cst.Call, optimizer: cst.BaseExpression) -> bool:
    """`optimizer.step()` and `scaler.step(optimizer)`."""
    own = isinstance(call.func, cst.Attribute) and same(call.func.value, optimizer)
    return own or any(same(argument.value, optimizer) for argument in call.args)


def _steps(program: Program) -> Sequence[cst.Call]:
    return [call for call in program.within(program.module, cst.Call) if is_step(call)]


def _statement(program: Program, call: cst.Call) -> cst.BaseSmallStatement:
    return small_at(program, Place(program.file, program.lines(call).start, ""))


def _batches(program: Program, line: Line) -> Loop:
    """The loop over the batches, within one over the epochs."""
    loops = loops_around(program, line)
    if not loops:
        raise RefusedError("the schedule is stepped in no loop of its own function")
    if len(loops) == 1 and program.function(line) is None:
        raise RefusedError("there is no loop over epochs in which the schedule could be stepped")
    siblings(program, line_of(program, loops[0]))
    return loops[0]
