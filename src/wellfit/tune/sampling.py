"""Where a search looks next: even points first, then where a model of the results expects better ones."""

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wellfit.model.knob import Knob, Value
from wellfit.model.study import StudyPlan
from wellfit.tune.draw import value_at

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler

EXPLORED = 8
"""Points of a scrambled Sobol sequence before any model is asked."""


def first_points(plan: StudyPlan) -> tuple[Mapping[str, Value], ...]:
    """The points that are tried behind the script's own setting."""
    from scipy.stats.qmc import Sobol

    count = min(EXPLORED, plan.trials - 1) if plan.sampler in ("tpe", "gp") else 0
    if count <= 0:
        return ()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a count that is no power of two is less even
        drawn = Sobol(len(plan.knobs), scramble=True, rng=plan.seed).random(count)
    return tuple({k.key: value_at(k, float(share)) for k, share in zip(plan.knobs, row, strict=True)} for row in drawn)


def distributions_of(knobs: Sequence[Knob]) -> dict[str, "BaseDistribution"]:
    """The ranges in the words of the engine."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    found: dict[str, BaseDistribution] = {}
    for knob in knobs:
        low, high = knob.low or 0.0, knob.high or 0.0
        if knob.choices:
            found[knob.key] = CategoricalDistribution(knob.choices)
        elif knob.integer:
            found[knob.key] = IntDistribution(int(low), int(high), log=knob.log)
        else:
            found[knob.key] = FloatDistribution(low, high, log=knob.log)
    return found


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
    """What proposes the next point, where the engine does.

    Args:
        plan: of the search, whose sampler is `tpe` or `gp`.
        number: together with the seed it makes draws that no other worker makes.
    """
    from optuna import samplers

    seed = (plan.seed * 1_000_003 + number) % 2**32
    if plan.sampler == "gp":
        return samplers.GPSampler(seed=seed, n_startup_trials=0)
    return samplers.TPESampler(seed=seed, n_startup_trials=min(EXPLORED, plan.trials), multivariate=True)
