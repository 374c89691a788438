"""Tries each cure on short paired runs, and measures what it changes."""

import math
import time
from collections.abc import Callable

from wellfit.model.cure import Cure
from wellfit.model.proof import Proof
from wellfit.prove.conclude import conclude
from wellfit.prove.plan import MORE_SEEDS, Plan
from wellfit.prove.stage import Stage
from wellfit.prove.trial import TrialRun
from wellfit.prove.tried import AS_IS, Trials

SLOWEST = 4.0
"""A run may take so many times what was expected of it, and its grace, before it is killed: a cure may be slower."""

GRACE_S = 30.0

SAME_LOSS = 1e-3
"""How far two first losses may lie apart, as a share, that are computed from the same weights and rows."""

Variant = tuple[Cure, ...]
Progress = Callable[[int, int], None]
"""Told how many runs are done, and how many there will be."""


def prove(
    stage: Stage, plan: Plan, *, deadline: float, tell: Progress, began: float | None = None
) -> tuple[Proof, ...]:
    """Run the plan, and measure what each variant changes.

    Args:
        stage: an open one.
        plan: what to run.
        deadline: of `time.monotonic`; past the first pair, no run begins that is expected to end after it.
        tell: progress.
        began: first loss of the watched run, by which it is known when a run begins elsewhere.

    Returns:
        a proof for each variant but the first, the script as it is, in their order.
    """
    trials = run_trials(stage, plan, deadline=deadline, tell=tell, began=began)
    return tuple(conclude(plan, trials, number) for number in range(1, len(plan.variants)))


def run_trials(stage: Stage, plan: Plan, *, deadline: float, tell: Progress, began: float | None = None) -> Trials:
    """Run the plan, seed by seed.

    A run that fails speaks for its own cure alone; the others go on. What was measured when the time is up, or when
    the user interrupts, stays.

    Args:
        stage: an open one.
        plan: what to run.
        deadline: of `time.monotonic`; past the first pair, no run begins that is expected to end after it.
        tell: progress.
        began: first loss of the watched run, by which it is known when a run begins elsewhere.

    Returns:
        all runs; a variant whose first run changed nothing is not run again.
    """
    trials = Trials()
    try:
        _run_all(stage, plan, trials, _Clock(plan, deadline, tell), began)
    except KeyboardInterrupt:
        trials.interrupted = True
    return trials


def _run_all(stage: Stage, plan: Plan, trials: Trials, clock: "_Clock", began: float | None) -> None:
    trials.runs[AS_IS, 0] = _first_run(stage, plan, clock, began)
    seed = 0
    while seed < clock.seeds and not trials.is_over(AS_IS):
        for number, variant in enumerate(plan.variants):
            if (number, seed) not in trials.runs and not trials.is_over(number) and clock.has_time():
                trials.runs[number, seed] = clock.timed(_run(stage, plan, variant, seed, clock.run_s))
        if not seed and clock.has_time():
            trials.repeated = clock.timed(_run(stage, plan, plan.base, 0, clock.run_s))
            clock.seeds = plan.seeds if trials.repeat else max(plan.seeds, MORE_SEEDS)
        seed += 1


def _first_run(stage: Stage, plan: Plan, clock: "_Clock", began: float | None) -> TrialRun:
    """The script as it is; where what the watched run left changes its way, without that.

    A script may refuse to overwrite results, or go on from a checkpoint. What else it left, as data that were fetched,
    is kept.
    """
    first = clock.timed(_run(stage, plan, plan.base, 0, clock.run_s))
    if _begins_at(first, began) or not stage.leave_out_what_is_new():
        return first
    again = clock.timed(_run(stage, plan, plan.base, 0, clock.run_s))
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
