"""Tries each cure on short paired runs, and measures what it changes."""

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wellfit.model.cure import Cure
from wellfit.model.proof import Band, Effect, Proof
from wellfit.model.score import METRICS, Score
from wellfit.prove.bands import band
from wellfit.prove.effect import effects
from wellfit.prove.plan import MORE_SEEDS, Plan
from wellfit.prove.stage import Stage
from wellfit.prove.trial import Key, TrialRun

SLOWEST = 4.0
"""A run may take so many times what was expected of it, and its grace, before it is killed: a cure may be slower."""

GRACE_S = 30.0

LEANING = 0.25
"""Of the interval's width, how far its middle may lie from 0 before it is said that more seeds may settle it."""

SAME_LOSS = 1e-3
"""How far two first losses may lie apart, as a share, that are computed from the same weights and rows."""

FEWEST_LOST = 2
"""Runs whose answers are no finite numbers, where none is on the other side, before that is no chance."""

Variant = tuple[Cure, ...]
Progress = Callable[[int, int], None]
"""Told how many runs are done, and how many there will be."""

AS_IS = 0
"""Number of the variant that changes nothing."""


@dataclass
class Trials:
    """All runs so far.

    Args:
        runs: by number of the variant and seed.
        repeated: the first one again, under the same seed.
        interrupted: the user ended it.
    """

    runs: dict[tuple[int, int], TrialRun] = field(default_factory=dict)
    repeated: TrialRun | None = None
    interrupted: bool = False

    @property
    def repeat(self) -> bool:
        """Whether equal seeds gave equal runs, to the last bit, as far as that was tried."""
        first, again = self.runs.get((AS_IS, 0)), self.repeated
        if first is None or first.ended is None or again is None or again.ended is None:
            return True
        return first.losses == again.losses and first.ended.weights == again.ended.weights

    def failure(self, variant: int) -> str | None:
        """Why a variant says nothing, from its first run that failed."""
        failed = (run.failure for (number, _), run in self.runs.items() if number == variant and run.failure)
        return next(failed, None)

    def pairs(self, variant: int) -> tuple[list[TrialRun], list[TrialRun]]:
        """Runs as they are and changed, of the seeds that both have whole."""
        whole = {key for key, run in self.runs.items() if run.failure is None}
        seeds = sorted(seed for number, seed in whole if number == variant and (AS_IS, seed) in whole)
        return [self.runs[AS_IS, seed] for seed in seeds], [self.runs[variant, seed] for seed in seeds]


def prove(
    stage: Stage, plan: Plan, *, deadline: float, tell: Progress, began: float | None = None
) -> tuple[Proof, ...]:
    """Run the plan, seed by seed, and measure what each variant changes.

    A run that fails speaks for its own cure alone; the others go on. What was measured when the time is up, or when
    the user interrupts, stays.

    Args:
        stage: an open one.
        plan: what to run.
        deadline: of `time.monotonic`; past the first pair, no run begins that is expected to end after it.
        tell: progress.
        began: first loss of the watched run, by which it is known when a run begins elsewhere.

    Returns:
        a proof for each variant but the first, the script as it is, in their order.
    """
    trials = Trials()
    try:
        _run_all(stage, plan, trials, _Clock(plan, deadline, tell), began)
    except KeyboardInterrupt:
        trials.interrupted = True
    return tuple(_conclude(plan, trials, number) for number in range(1, len(plan.variants)))


def _run_all(stage: Stage, plan: Plan, trials: Trials, clock: "_Clock", began: float | None) -> None:
    trials.runs[AS_IS, 0] = _first_run(stage, plan, clock, began)
    seed = 0
    while seed < clock.seeds and trials.failure(AS_IS) is None:
        for number, variant in enumerate(plan.variants):
            if (number, seed) not in trials.runs and trials.failure(number) is None and clock.has_time():
                trials.runs[number, seed] = clock.timed(_run(stage, plan, variant, seed, clock.run_s))
        if not seed and clock.has_time():
            trials.repeated = clock.timed(_run(stage, plan, (), 0, clock.run_s))
            clock.seeds = plan.seeds if trials.repeat else max(plan.seeds, MORE_SEEDS)
        seed += 1


def _first_run(stage: Stage, plan: Plan, clock: "_Clock", began: float | None) -> TrialRun:
    """The script as it is; where what the watched run left changes its way, without that.

    A script may refuse to overwrite results, or go on from a checkpoint. What else it left, as data that were fetched,
    is kept.
    """
    first = clock.timed(_run(stage, plan, (), 0, clock.run_s))
    if _begins_at(first, began) or not stage.leave_out_what_is_new():
        return first
    again = clock.timed(_run(stage, plan, (), 0, clock.run_s))
    if _begins_at(again, began) or (first.failure is not None and again.failure is None):
        return again
    stage.leave_out_what_is_new(yes=False)
    return first


def _begins_at(run: TrialRun, began: float | None) -> bool:
    """Whether a run went to its end from the same first loss."""
    if run.failure is not None:
        return False
    loss = run.losses[0] if run.losses else None
    return began is None or loss is None or math.isclose(loss, began, rel_tol=SAME_LOSS, abs_tol=SAME_LOSS)


class _Clock:
    """How far the runs are, and whether there is time for one more."""

    def __init__(self, plan: Plan, deadline: float, tell: Progress) -> None:
        self.seeds = plan.seeds
        self.run_s = plan.run_s
        self._variants = len(plan.variants)
        self._deadline = deadline
        self._done = 0
        self._tell = tell
        tell(0, plan.runs)

    def has_time(self) -> bool:
        """Whether one more run may begin; the first always may, and what makes a pair of it until the time is up."""
        now = time.monotonic()
        return not self._done or now + self.run_s <= self._deadline or (self._done == 1 and now < self._deadline)

    def timed(self, run: TrialRun) -> TrialRun:
        """Count a run."""
        self.run_s = run.elapsed_s if not self._done else max(self.run_s, run.elapsed_s)
        self._done += 1
        self._tell(self._done, self.seeds * self._variants + 1)
        return run


def _run(stage: Stage, plan: Plan, variant: Variant, seed: int, run_s: float) -> TrialRun:
    limit = SLOWEST * run_s + GRACE_S
    return stage.run(variant, seed=seed, train_steps=plan.train_steps, score_steps=plan.score_steps, limit_s=limit)


def _conclude(plan: Plan, trials: Trials, variant: int) -> Proof:
    as_is, cured = trials.pairs(variant)
    reason = _why_not(trials, variant, cured)
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
        return replace(measured, **_of_no_numbers(before, after))
    caveat = _caveat(trials, plan, len(before)) or _undecided(made[0], len(before))
    return replace(measured, verdict=made[0].verdict, reason=caveat, effect=made[0], also=made[1:])


def _of_no_numbers(before: Sequence[Score], after: Sequence[Score]) -> dict[str, Any]:
    """Verdict and reason where no metric is a finite number in all runs: nothing to subtract, and yet a difference."""
    runs = len(before)
    lost, kept = (sum(not math.isfinite(score.loss) for score in scores) for scores in (before, after))
    told = f"answers that are no finite numbers in {lost} of {runs} runs as it is, in {kept} of {runs} cured"
    if max(lost, kept) < FEWEST_LOST or min(lost, kept):
        return {"verdict": "could not measure", "reason": told}
    return {"verdict": "helps" if lost else "hurts", "reason": told}


def _why_not(trials: Trials, variant: int, cured: Sequence[TrialRun]) -> str | None:
    if failure := trials.failure(AS_IS):
        return f"the script as it is cannot be run again: {failure}"
    if cured:
        acted = any(any(run.applied) for run in cured)
        refusals = (refusal for run in cured for refusal in run.refusals if refusal)
        return None if acted else next(refusals, "what it changes never came up")
    if failure := trials.failure(variant):
        return f"the cured script did not run: {failure}"
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
