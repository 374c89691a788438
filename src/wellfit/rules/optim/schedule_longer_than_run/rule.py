"""The run ends before its learning-rate schedule does: in the midst of the warmup, or of the decay.

## Why it hurts
A warmup that is longer than the run never reaches the rate that was asked for. A decay that is longer than the run ends
at a high rate, and the steps at a small one, in which the weights settle, never come.

## How it is seen
The scheduler's own length stands against the calls of its `step()` in the whole run, and the rates of all optimizer
steps against the rate that was asked for. Either the rate is still rising at the end and stays below nine tenths of
that; or the schedule is more than a tenth longer than the run and the last rate is more than a third of the highest.
Milestones that all lie past the end are a note: the rate is then constant. The length of the run counts only where it
is settled: the program came to its own end, and nothing leaves the loops around `scheduler.step()` before their last
round, no `break`, `return` or `try`. That is read off the program's source.

## What it cannot see
Runs that are cut short, loops that may stop early, `while` loops, trainers of other packages, schedules that go on from
a checkpoint, the lengths of functions that a program writes itself, and a parameter group whose rate moves unlike that
of the first one that trains.

## Fix
Give the schedule the number of calls of `scheduler.step()` in the whole run.

## Sources
PyTorch documentation, `torch.optim.lr_scheduler`: `T_max`, `total_steps` and `total_iters` count calls of `step()`.
"""

from wellfit.model.cure import Cure
from wellfit.model.events.optim import ScheduleSeen
from wellfit.model.facts.optim import Schedules
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

REACHED = 0.9  # share of the rate asked for that counts as reached
STILL = 0.99  # last rate over the highest, from which on the warmup goes on; less of it and the decay has begun
HIGH = 1 / 3  # last rate over the highest that is no end of a decay: a cosine has it at 0.61 of its length
LONGER = 1.1  # length over calls; a few steps more do nothing
FEWEST_CALLS = 5  # of a whole run; fewer are a trial of the program


@rule("WF312", "schedule-longer-than-run", severity="warning", since="0.1")
def schedule_longer_than_run(schedules: Schedules) -> Answers:
    """Judge each scheduler that sets its optimizer's rate alone."""
    if not schedules.all:
        yield Unseen("no learning-rate scheduler of torch.optim was made, or its rate is a tensor")
    elif not schedules.alone:
        yield Unseen("no learning-rate scheduler sets a rate with no other, from the start of the run")
    for schedule in schedules.alone:
        finding = None if schedules.in_wrong_unit(schedule) else _cut_short(schedule)
        if finding is None:
            continue
        if not (schedules.finished and schedule.at_end):
            yield Unseen("the schedule is longer than what was run, which was cut short (a larger --steps)")
        elif not schedule.to_the_end:
            yield Unseen("the schedule is longer than the run, whose loops may be left early: it is not known how long")
        elif schedule.advanced < FEWEST_CALLS:
            yield Unseen(f"only {schedule.advanced} calls of scheduler.step(); {FEWEST_CALLS} are needed")
        else:
            yield finding


def _cut_short(schedule: ScheduleSeen) -> Finding | None:
    says, rates, calls = schedule.says, schedule.rates, schedule.advanced
    if rates.highest <= 0 or says.cyclic:
        return None
    share = schedule.rate / rates.highest
    if says.peak and rates.highest < REACHED * says.peak and share >= STILL:
        return _in_warmup(schedule, says.peak)
    if says.milestones and min(says.milestones) >= calls:
        return _no_drop(schedule)
    too_long = not says.milestones and says.length is not None and says.length > LONGER * calls
    return _in_decay(schedule, share) if too_long and share > HIGH else None


def _in_warmup(schedule: ScheduleSeen, peak: float) -> Finding:
    highest = schedule.rates.highest
    return Finding(
        where=schedule.made_at,
        saw=f"{_called(schedule)}; the rate was still rising at the end, to {highest:.3g},"
        f" {highest / peak:.2f} of the {peak:.3g} asked for",
        why="the warmup has not ended when the run does",
        fix=Fix(f"shorten the warmup: a tenth of the run is {max(1, schedule.advanced // 10)} calls"),
    )


def _in_decay(schedule: ScheduleSeen, share: float) -> Finding:
    calls, argument = schedule.advanced, schedule.says.argument
    return Finding(
        where=schedule.made_at,
        saw=f"{_called(schedule)}; the rate ended at {schedule.rate:.3g}, {share:.2f} of its highest",
        why="the decay is longer than the run, so its low rates are never used",
        fix=Fix(f"give the schedule the length of the run: {argument}={calls}", details=_details(schedule)),
        cure=None
        if schedule.made_at is None or schedule.members
        else Cure("lengthen_schedule", schedule.made_at, {"calls": calls}),
    )


def _no_drop(schedule: ScheduleSeen) -> Finding:
    return Finding(
        where=schedule.made_at,
        saw=f"{_called(schedule)}; its first drop was to come at call {min(schedule.says.milestones)}",
        why="the rate stays where it is: in order if that is the plan",
        fix=Fix("set the milestones within the run, or take the schedule away", details=_details(schedule)),
        severity="note",
    )


def _called(schedule: ScheduleSeen) -> str:
    name = schedule.says.title or schedule.kind
    return f"{name} got {schedule.advanced} calls of step() in the whole run of {schedule.all_steps} optimizer steps"


def _details(schedule: ScheduleSeen) -> dict[str, object]:
    return {"calls": schedule.advanced, "argument": schedule.says.argument, "length": schedule.says.length}
