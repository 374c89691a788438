"""Where a search looks next: even points first, then where a model of the results expects better ones."""

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING

from wellfit.model.study import Knob, StudyPlan, Value

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.pruners import BasePruner
    from optuna.samplers import BaseSampler

EXPLORED = 8
"""Points of a scrambled Sobol sequence before any model is asked."""

SHARE_KEPT = 3
"""One trial in so many goes on at each rung."""

RUNGS = 9
"""The first rung stands behind so many parts of a whole run, one of them; but never at the very first value."""


def first_points(plan: StudyPlan) -> tuple[Mapping[str, Value], ...]:
    """The points that are tried behind the script's own setting."""
    from scipy.stats.qmc import Sobol

    count = min(EXPLORED, plan.trials - 1) if plan.sampler in ("tpe", "gp") else 0
    if count <= 0:
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a count that is no power of two is less even
        drawn = Sobol(len(plan.knobs), scramble=True, rng=plan.seed).random(count)
    return tuple({k.key: _at(k, float(share)) for k, share in zip(plan.knobs, row, strict=True)} for row in drawn)


def _at(knob: Knob, share: float) -> Value:
    """The value of a knob at a share of its range, from 0 to 1."""
    if knob.choices:
        return knob.choices[min(len(knob.choices) - 1, int(share * len(knob.choices)))]
    low, high = knob.low or 0.0, knob.high or 0.0
    if knob.integer:
        return int(min(high, low + int(share * (high - low + 1))))
    return float(low * (high / low) ** share) if knob.log else low + share * (high - low)


def suggest(trial: "Trial", knob: Knob) -> Value:
    """The value of a knob in a trial."""
    if knob.choices:
        choice: Value = trial.suggest_categorical(knob.key, knob.choices)  # type: ignore[assignment]
        return choice
    low, high = knob.low or 0.0, knob.high or 0.0
    if knob.integer:
        return trial.suggest_int(knob.key, int(low), int(high), log=knob.log)
    return trial.suggest_float(knob.key, low, high, log=knob.log)


def make_sampler(plan: StudyPlan, number: int) -> "BaseSampler":
    """What proposes the next point.

    Args:
        plan: of the search.
        number: of trials so far: together with the seed it makes draws that no other worker makes.
    """
    from optuna import samplers

    seed = (plan.seed * 1_000_003 + number) % 2**32
    if plan.sampler == "random":
        return samplers.RandomSampler(seed=seed)
    if plan.sampler == "gp":
        return samplers.GPSampler(seed=seed, n_startup_trials=0)
    return samplers.TPESampler(seed=seed, n_startup_trials=min(EXPLORED, plan.trials), multivariate=True)


def make_pruner(plan: StudyPlan) -> "BasePruner":
    """What ends trials that others are ahead of: rungs, asynchronously, of which the best third passes each."""
    from optuna import pruners

    if not plan.prune or plan.points <= SHARE_KEPT:
        return pruners.NopPruner()
    first = max(2, -(-plan.points // RUNGS))
    return pruners.SuccessiveHalvingPruner(min_resource=first, reduction_factor=SHARE_KEPT)
