"""The learning-rate schedule of a setting: made where the optimizer's steps begin, stepped behind each of them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from wellfit.fix.blocks import line_of, put_after, put_before
from wellfit.fix.calls import find_optimizer, is_optimizer
from wellfit.fix.draft import RefusedError
from wellfit.fix.imports import spell
from wellfit.fix.program import Program, dotted, same, walk
from wellfit.fix.rates import trainer_arguments
from wellfit.fix.settings.callers import bindings, bound_by
from wellfit.fix.settings.course import Course
from wellfit.fix.settings.rescheduled import in_place_of, old_of
from wellfit.fix.settings.stepping import Step, Wanted, hooked, lines_of, step_of
from wellfit.fix.settings.trainers import of_lightning, of_transformers
from wellfit.fix.settings.values import Files
from wellfit.model.change import Change
from wellfit.model.events.rates import RatesSeen

FUNCTION = "schedule"

NAMES = ("scheduler", "lr_scheduler", "rate_scheduler", "tuned_scheduler")
"""What a new scheduler may be called: the first that the file does not know yet."""


def schedule_edit(files: Files, rates: Sequence[RatesSeen], shape: str, steps: int | None) -> tuple[Change, ...]:
    """The optimizer gets a schedule of this shape; one that it has already makes room for it.

    Its rate is written elsewhere, see `under_new_schedule`.

    Args:
        files: of the program.
        rates: of the optimizers.
        shape: constant, linear or cosine.
        steps: optimizer steps of the whole run; None where nothing says it.

    Raises:
        RefusedError: where the schedule belongs is not certain.
    """
    if len(rates) != 1:
        raise RefusedError(f"{len(rates)} optimizers step, and each would need a schedule")
    (seen,) = rates
    if shape == "constant" and not seen.scheduler and not seen.by_hand:
        return ()
    _refuse_own(files, seen)
    program = files.project.program(seen.made_at)
    if not seen.stepped_at:
        arguments = trainer_arguments(program)
        if arguments is not None:
            return tuple(of_transformers(program, arguments, shape))
    made = find_optimizer(program, seen.made_at)
    _refuse_others(files, program, made)
    if not seen.stepped_at and (hook := of_lightning(program, made, seen, shape)) is not None:
        return hook
    return tuple(_of_loop(files, seen, program, made, Wanted(shape, steps)))


def _refuse_own(files: Files, seen: RatesSeen) -> None:
    """Refuse rates that the script sets otherwise.

    Raises:
        RefusedError: it does.
    """
    if seen.by_hand or any(_sets_rates(program) for program in files.programs):
        raise RefusedError("the script sets its rates itself")
    if not has_one_rate(seen) and not all(map(math.isclose, seen.made, seen.peaks)):
        raise RefusedError(f"the {seen.scheduler} gives parameter groups other rates than they are made with")
    if seen.scheduler == "CyclicLR":
        raise RefusedError("the CyclicLR gives the optimizer another rate than it is made with")


def _refuse_others(files: Files, program: Program, made: cst.Call) -> None:
    """Refuse a script that makes other optimizers, which short runs do not come to, but instead of this one.

    Raises:
        RefusedError: it does.
    """
    calls = ((other, call) for other in files.programs for call in other.within(other.module, cst.Call))
    others = [pair for pair in calls if pair[1] is not made and is_optimizer(pair[0].imported_name(pair[1].func) or "")]
    if not all(other is program and _is_instead(program, made, call) for other, call in others):
        raise RefusedError("the script makes another optimizer, too, which would need a schedule of its own")


def _is_instead(program: Program, made: cst.Call, other: cst.Call) -> bool:
    """Whether an optimizer is made in another branch of the same function, for the same name."""
    one, two = program.parent(made), program.parent(other)
    if program.function(made) is not program.function(other):
        return False
    if isinstance(one, cst.Assign) and isinstance(two, cst.Assign):
        return same(one.targets[0].target, two.targets[0].target)
    return isinstance(one, cst.Return) and isinstance(two, cst.Return)


def has_one_rate(seen: RatesSeen) -> bool:
    """Whether all groups of an optimizer have the same rate, as they are made and at the peak of its schedule."""
    return len(set(seen.made)) == len(set(seen.peaks)) == 1


def needs_rate(seen: RatesSeen) -> bool:
    """Whether an optimizer has to be made with another rate where its schedule makes room for another."""
    return seen.scheduler == "OneCycleLR" and not all(map(math.isclose, seen.made or seen.peaks, seen.peaks))


def under_new_schedule(seen: RatesSeen, multiplier: float) -> tuple[RatesSeen, float]:
    """An optimizer whose schedule made room for another, and the rate that it is to be made with.

    The new schedule starts from the rate that the optimizer is made with, and from the peak of OneCycleLR, which
    has nothing to do with that.

    Args:
        seen: as the script has it.
        multiplier: of all rates in the trials.
    """
    made = seen.made or seen.peaks
    start = max(seen.peaks if seen.scheduler == "OneCycleLR" else made)
    return replace(seen, scheduler="", scheduled_at=None, peaks=made), start * multiplier


def _sets_rates(program: Program) -> bool:
    """Whether the rate of a parameter group is assigned to."""
    bound = (part for node in walk(program.module) for part in bound_by(node) if isinstance(part, cst.Subscript))
    return any(_is_rate(one) and _is_group(program, part.value) for part in bound for one in part.slice)


def _is_rate(element: cst.SubscriptElement) -> bool:
    key = element.slice.value if isinstance(element.slice, cst.Index) else None
    return isinstance(key, cst.SimpleString) and key.evaluated_value == "lr"


def _is_group(program: Program, given: cst.BaseExpression) -> bool:
    """Whether something is a parameter group: one of `optimizer.param_groups`, or what a loop takes out of these."""
    loops = [node.iter for node in bindings(program, given) if isinstance(node, cst.For)] if dotted(given) else []
    named = (node for one in (given, *loops) for node in walk(one) if isinstance(node, cst.Attribute))
    return any(node.attr.value == "param_groups" for node in named)


def _of_loop(files: Files, seen: RatesSeen, program: Program, made: cst.Call, wanted: Wanted) -> Iterator[Change]:
    """In a loop of the script's own, or beside the optimizer where it is not certain who steps that, and how often."""
    step = step_of(files, made, seen.stepped_at)
    if seen.scheduler:
        old = old_of(files, seen)
        name, imports = spell(old.program, "wellfit", FUNCTION)
        yield from in_place_of(old, step, wanted, name)
    elif step is None:
        name, imports = spell(program, "wellfit", FUNCTION)
        yield from _beside(program, made, wanted, name)
    else:
        home = _home(step.course)
        name, imports = spell(home.program, "wellfit", FUNCTION)
        yield from _new(step, home, wanted, name)
    yield from imports


@dataclass(frozen=True, slots=True)
class Home:
    """Where a schedule is made.

    Args:
        program: file of the statement beside it.
        beside: the loop that it stands before, or what binds the optimizer, which it stands behind.
        optimizer: as it is read there.
        steps: of the run, as it is read there; empty where that is not certain.
    """

    program: Program
    beside: cst.CSTNode
    optimizer: str
    steps: str = ""


def _home(course: Course) -> Home:
    if course.steps and course.level is not None and course.loop is not None:
        return Home(course.level.program, course.loop, course.optimizer, course.steps)
    return Home(course.program, course.bound, dotted(course.target) or "")


def _new(step: Step, home: Home, wanted: Wanted, name: str) -> Iterator[Change]:
    scheduler = _free_name(home.program, home.optimizer)
    known = step.sees(home.program, home.beside, scheduler) and not step.is_scaled
    yield _put(home, wanted, name, scheduler, [] if known else [hooked(home.optimizer, scheduler)])
    if known:
        yield step.followed_by(scheduler)


def _put(home: Home, wanted: Wanted, name: str, scheduler: str, hook: list[str]) -> Change:
    made = f"{scheduler} = {wanted.made(name, home.optimizer, home.steps or wanted.counted())}"
    codes = [made, *hook] if home.steps else [wanted.comment, made, *hook]
    text = lines_of(home.program, home.beside, codes)
    put = put_before if home.steps else put_after
    return put(home.program, line_of(home.program, home.beside), text)


def _free_name(program: Program, optimizer: str) -> str:
    """What the schedule can be called; an attribute of `self` where the optimizer is one."""
    stem = "self." if optimizer.startswith("self.") else ""
    taken = {name.value for name in program.within(program.module, cst.Name)}
    free = [name for name in NAMES if name not in taken]
    if not free:
        raise RefusedError(f"all of {', '.join(NAMES)} are taken")
    return f"{stem}{free[0]}"


def _beside(program: Program, made: cst.Call, wanted: Wanted, name: str) -> Iterator[Change]:
    """Behind the line that makes the optimizer, whose steps it follows wherever they are made."""
    statement = program.parent(made)
    if isinstance(statement, cst.Return):
        start, _ = program.span(statement)
        optimizer, scheduler = "optimizer", _free_name(program, "")
        yield program.change(start, program.span(made)[0], f"{optimizer} = ")
        codes = [hooked(optimizer, scheduler), f"return {optimizer}"]
        yield _put(Home(program, statement, optimizer), wanted, name, scheduler, codes)
        return
    if not isinstance(statement, cst.Assign) or dotted(statement.targets[0].target) is None:
        raise RefusedError("the line that makes the optimizer gives it no name")
    optimizer = program.source(statement.targets[0].target)
    scheduler = _free_name(program, optimizer)
    yield _put(Home(program, statement, optimizer), wanted, name, scheduler, [hooked(optimizer, scheduler)])
