"""From trial runs to what a cure changes."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from wellfit.model.proof import Band, Effect, Proof
from wellfit.model.score import METRICS, Score
from wellfit.prove.bands import band
from wellfit.prove.effect import effects
from wellfit.prove.plan import Plan
from wellfit.prove.trial import Key, TrialRun
from wellfit.prove.tried import AS_IS, Trials

LEANING = 0.25
"""Of the interval's width, how far its middle may lie from 0 before it is said that more seeds may settle it."""

FEWEST_LOST = 2
"""Runs whose answers are no finite numbers, where none is on the other side, before that is no chance."""


def conclude(plan: Plan, trials: Trials, variant: int) -> Proof:
    """The measured effect of a variant, or why there is none.

    Args:
        plan: what was to run.
        trials: what did.
        variant: its number in the plan.
    """
    as_is, cured = trials.pairs(variant)
    reason = _why_not(plan, trials, variant, cured)
    if reason is not None:
        return Proof("could not measure", reason)
    before, after, held_back = _scores(as_is, cured)
    made = effects(before, after, paired=trials.repeat) if before else ()
    if not before:
        return Proof("could not measure", "no answers were seen that both hold against targets in the same way")
    measured = Proof(
        "could not measure",
        seeds=len(before),
        steps=plan.train_steps,
        rows=min(score.rows for score in (*before, *after)),
        held_back=held_back,
        bands=_bands(as_is, cured),
    )
    if not made:
        return replace(measured, **_of_no_numbers(plan, before, after))
    caveat = _caveat(trials, plan, len(before)) or _undecided(made[0], len(before))
    return replace(measured, verdict=made[0].verdict, reason=caveat, effect=made[0], also=made[1:])


def _of_no_numbers(plan: Plan, before: Sequence[Score], after: Sequence[Score]) -> dict[str, Any]:
    """Verdict and reason where no metric is a finite number in all runs: nothing to subtract, and yet a difference."""
    runs = len(before)
    lost, kept = (sum(not math.isfinite(score.loss) for score in scores) for scores in (before, after))
    told = f"answers that are no finite numbers in {lost} of {runs} runs as it is, in {kept} of {runs} {plan.changed}"
    if max(lost, kept) < FEWEST_LOST or min(lost, kept):
        return {"verdict": "could not measure", "reason": told}
    return {"verdict": "helps" if lost else "hurts", "reason": told}


def _why_not(plan: Plan, trials: Trials, variant: int, cured: Sequence[TrialRun]) -> str | None:
    if failure := trials.failure(AS_IS):
        return f"the script as it is cannot be run again: {failure}"
    if cured:
        acted = any(any(run.applied) for run in cured)
        refusals = (refusal for run in cured for refusal in run.refusals if refusal)
        return None if acted else next(refusals, "what it changes never came up")
    if failure := trials.failure(variant):
        return f"{plan.changed}, the script did not run: {failure}"
    return "interrupted before it was tried" if trials.interrupted else "the budget ended before it was tried"


def _caveat(trials: Trials, plan: Plan, pairs: int) -> str | None:
    """What to know about a measurement that is not as it should be."""
    if not trials.repeat:
        return f"equal seeds do not give equal runs here: {pairs} runs of each were compared, not pairs"
    if pairs < plan.seeds:
        return f"{pairs} of {plan.seeds} seeds: {'interrupted' if trials.interrupted else 'the budget ended'}"
    return None


def _undecided(effect: Effect, pairs: int) -> str | None:
    """That an interval leans to one side without leaving 0 behind, and what would settle it."""
    low, middle, high = effect.interval
    leans = effect.verdict == "no measurable effect" and abs(middle) > LEANING * (high - low)
    return f"the interval leans to one side: --seeds {2 * pairs} would narrow it" if leans else None


def _scores(as_is: Sequence[TrialRun], cured: Sequence[TrialRun]) -> tuple[list[Score], list[Score], bool]:
    """One score a seed of both, where they tell most; of an evaluation bug, both ways of one run.

    The third says whether the rows are those of an evaluation of the script's own.
    """
    both_ways = _best(set.intersection(*(set(run.other_way) for run in cured)), cured[0].other_way)
    if both_ways is not None:
        return [run.scores[both_ways] for run in cured], [run.other_way[both_ways] for run in cured], True
    shared = set.intersection(*(set(run.scores) for run in (*as_is, *cured)))
    if any(run.changes_loss for run in cured):
        shared = {key for key in shared if key.task != "loss"}
    best = _best(shared, as_is[0].scores)
    if best is None:
        return [], [], False
    return [run.scores[best] for run in as_is], [run.scores[best] for run in cured], best.evaluated_at is not None


def _best(keys: Collection[Key], scores: Mapping[Key, Score]) -> Key | None:
    """What says most: a task with a metric of its own, on rows of an evaluation, many of them."""
    order = list(METRICS)

    def rank(key: Key) -> tuple[int, bool, int]:
        return order.index(key.task), key.evaluated_at is None, -scores[key].rows

    return min(keys, key=rank, default=None)


def _bands(as_is: Sequence[TrialRun], cured: Sequence[TrialRun]) -> tuple[Band, ...]:
    made = (band("as is", [run.course for run in as_is]), band("cured", [run.course for run in cured]))
    known = tuple(b for b in made if b is not None)
    return known if len(known) == len(made) else ()
