"""Equal seeds must give equal runs: the script runs twice, and every step is compared to the last bit."""

from collections.abc import Iterator

from wellfit.deep.procedure import AGAIN, AS_IS, Procedure, Trials
from wellfit.errors import ProcedureError
from wellfit.model.events.deep import RunsCompared, SeedSet, Source, StepHashed
from wellfit.model.log import EventLog
from wellfit.prove.trial import TrialRun

_INGREDIENTS: tuple[tuple[str, Source], ...] = (
    ("inputs", "inputs"),
    ("targets", "targets"),
    ("generators", "generators"),
    ("loss", "loss"),
)
"""What a step is made of, in the order in which one follows from the other."""


def compare_runs(trials: Trials) -> Iterator[RunsCompared]:
    """Compare two runs of the unchanged script, step by step."""
    one, other = trials.run(AS_IS), trials.run(AGAIN)
    steps, again = one.log.of(StepHashed), other.log.of(StepHashed)
    if not steps or not again:
        raise ProcedureError("no training call of a model was seen between two optimizer steps")
    first, step = _first_difference(one, other)
    place = next((s.place for s in steps if s.step == step), None)
    yield RunsCompared(
        steps=min(len(steps), len(again)),
        first=first,
        step=step,
        shared_rows=_shared_rows(steps, again) if first == "inputs" else None,
        seeds=_different_seeds(one.log, other.log) if first else (),
        place=place,
        device=steps[0].device,
    )


def _first_difference(one: TrialRun, other: TrialRun) -> tuple[Source | None, int | None]:
    for mine, its in zip(one.log.of(StepHashed), other.log.of(StepHashed), strict=False):
        if mine.weights != its.weights:
            return "update" if mine.step else "start", mine.step
        for name, source in _INGREDIENTS:
            if getattr(mine, name) != getattr(its, name):
                return source, mine.step
    if one.ended is None or other.ended is None or one.ended.trained != other.ended.trained:
        return "steps", None
    return ("update", one.ended.trained - 1) if one.ended.weights != other.ended.weights else (None, None)


def _shared_rows(steps: tuple[StepHashed, ...], again: tuple[StepHashed, ...]) -> float | None:
    mine = {row for step in steps for row in step.rows}
    its = {row for step in again for row in step.rows}
    return len(mine & its) / len(mine) if mine else None


def _different_seeds(one: EventLog, other: EventLog) -> tuple[tuple[SeedSet, SeedSet], ...]:
    """Pairs of the same call in both runs whose seeds differ, or come from the operating system, each line once."""
    pairs = zip(one.of(SeedSet), other.of(SeedSet), strict=False)
    same_call = [(a, b) for a, b in pairs if (a.function, a.place) == (b.function, b.place)]
    differing = [(a, b) for a, b in same_call if a.value != b.value or a.value is None]
    return tuple({a.place: (a, b) for a, b in reversed(differing)}.values())[::-1]


SAME_SEED = Procedure(
    name="same seed twice",
    writes=(RunsCompared,),
    variants=(AS_IS, AGAIN),
    listens=(SeedSet,),
    look=compare_runs,
)
