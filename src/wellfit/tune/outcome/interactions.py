"""Which knobs matter, and which hang on one another: from the trials of one search."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import Interaction

Array = NDArray[np.float64]

RIDGES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Weights of the penalty, of which the one that predicts left-out trials best is taken."""

FEWEST_A_TERM = 1.2
"""Trials for each term of the model, below which it says nothing."""

LEAST_EXPLAINED = 0.2
"""Share of the variance of trials left out that the model must predict: below, its terms are noise."""

_OF_A_PAIR = 1 / 9
"""Variance of the product of two numbers drawn evenly from -1 to 1."""


def interactions(plan: StudyPlan, trials: Sequence[TrialSeen]) -> tuple[tuple[Interaction, ...], float | None]:
    """Pairs of knobs that do together what neither does alone.

    A ridge regression with squares and products of the knobs, each scaled to its range, is fitted to the metric, in
    logarithms where it is positive.

    Args:
        plan: of the search.
        trials: that have ended.

    Returns:
        The pairs, the strongest first, and the share of variance that the model predicts of trials left out; no pairs
        and None where there are too few trials.
    """
    knobs = [knob for knob in plan.knobs if not knob.choices]
    whole = [t for t in trials if t.end == "done" and t.value is not None and all(k.key in t.values for k in knobs)]
    pairs = list(combinations(range(len(knobs)), 2))
    terms = 1 + 2 * len(knobs) + len(pairs)
    if not pairs or len(whole) < FEWEST_A_TERM * terms:
        return (), None
    scaled = np.array([[_scaled(knob, float(t.values[knob.key])) for knob in knobs] for t in whole])
    target = _target(np.array([t.value for t in whole], dtype=float))
    weights, explained = _fit(_features(scaled, pairs), target)
    if explained < LEAST_EXPLAINED:
        return (), explained
    products = weights[1 + 2 * len(knobs) :]
    variances = products**2 * _OF_A_PAIR
    total = float(np.var(_features(_even(len(knobs)), pairs) @ weights)) or 1.0
    sign = -1.0 if plan.higher_is_better else 1.0
    found = [
        Interaction(knobs[i].key, knobs[j].key, min(1.0, float(v) / total), bool(sign * product > 0))
        for (i, j), product, v in zip(pairs, products, variances, strict=True)
    ]
    return tuple(sorted(found, key=lambda pair: -pair.share)), explained


def _scaled(knob: Knob, value: float) -> float:
    """From -1 to 1 over the range."""
    low, high = knob.low or 0.0, knob.high or 0.0
    if knob.log:
        return 2 * math.log(value / low) / math.log(high / low) - 1
    return 2 * (value - low) / (high - low) - 1


def _target(values: Array) -> Array:
    """Centred and scaled; logarithms of a loss, and outliers drawn in, for the model is of the good region."""
    values = np.log(values) if np.all(values > 0) else values
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    values = np.clip(values, low - (high - low), middle + (high - low))
    return np.asarray((values - values.mean()) / (values.std() or 1.0), dtype=float)


def _features(scaled: Array, pairs: Sequence[tuple[int, int]]) -> Array:
    products = [scaled[:, i] * scaled[:, j] for i, j in pairs]
    columns = [np.ones(len(scaled)), *scaled.T, *(scaled**2).T, *products]
    return np.stack(columns, axis=1)


def _fit(features: Array, target: Array) -> tuple[Array, float]:
    """The weights under the best penalty, and what that predicts of trials left out one by one."""
    best = (-math.inf, np.zeros(features.shape[1]))
    for ridge in RIDGES:
        penalty = ridge * np.eye(features.shape[1])
        penalty[0, 0] = 1e-9  # the mean is free
        inverse = np.linalg.inv(features.T @ features + penalty)
        weights = inverse @ features.T @ target
        leverage = np.einsum("ij,jk,ik->i", features, inverse, features)
        left_out = (target - features @ weights) / np.maximum(1e-6, 1 - leverage)
        explained = 1 - float(np.mean(left_out**2)) / float(np.var(target) or 1.0)
        best = max(best, (explained, weights), key=lambda pair: pair[0])
    return best[1], best[0]


def _even(knobs: int, points: int = 2048) -> Array:
    """Points all over the ranges."""
    return np.random.default_rng(0).uniform(-1, 1, (points, knobs))


def importance(engine: object, fewest: int = 8) -> Mapping[str, float]:
    """Share of each knob in what tells the best trials from the others, by PED-ANOVA (Watanabe et al. 2023).

    Args:
        engine: the study of the engine.
        fewest: whole trials, below which nothing is said.
    """
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
    from optuna.trial import TrialState

    study = engine
    if len(study.get_trials(states=(TrialState.COMPLETE,))) < fewest:  # type: ignore[attr-defined]
        return {}
    found = get_param_importances(study, evaluator=PedAnovaImportanceEvaluator())  # type: ignore[arg-type]
    return {name: float(share) for name, share in found.items() if math.isfinite(share)}
