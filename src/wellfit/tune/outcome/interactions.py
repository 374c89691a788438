"""Which knobs hang on one another: from the trials of one search."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import Interaction
from wellfit.tune.outcome.conclude import share_of

Array = NDArray[np.float64]

RIDGES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Weights of the penalty, of which the one that predicts left-out trials best is taken."""

FEWEST_A_TERM = 1.2
"""Trials for each term of a quadratic model, below which nothing is said."""

LEAST_EXPLAINED = 0.2
"""Share of the variance of trials left out that the model must predict: below, its terms are noise."""

DEGREE = 3
"""Of what each knob does alone: with squares only, what they miss passes for products."""

SHUFFLES = 300
"""Of what single effects leave, by which it is told what chance does."""

_FENCE = 3.0
"""Quartile distances beyond the quartiles at which values are drawn in (Tukey 1977, the outer fence)."""

_OF_A_PAIR = 1 / 9
"""Variance of the product of two numbers drawn evenly from -1 to 1."""

_LEAST_LEFT = 0.05
"""Of the variance of a trial's residual, however much the fit hangs on it."""


@dataclass(frozen=True, slots=True)
class _Fit:
    """A ridge regression.

    Args:
        weigh: float64, shape (terms, trials): from targets to the weights of the terms.
        fitted: float64, shape (trials,).
        left: float64, shape (trials,): residuals, scaled as if the fit had not seen them.
        explained: share of the variance that it predicts of trials left out one by one.
    """

    weigh: Array
    fitted: Array
    left: Array
    explained: float


def interactions(plan: StudyPlan, trials: Sequence[TrialSeen]) -> tuple[tuple[Interaction, ...], float | None]:
    """Pairs of knobs that do together what neither does alone.

    A ridge regression with cubics and products of the knobs, each scaled to its range, is fitted to the metric. How
    strong products become by chance is told by the same fit to the metric without them, with its residuals shuffled
    (Freedman & Lane 1983); the strongest of all pairs counts. A sum of single effects is no sum in its logarithm, and
    the other way round, so that a pair has to show in both, and in one direction.

    Args:
        plan: of the search.
        trials: that have ended.

    Returns:
        The pairs, those that chance does not explain first, and the share of variance that the model predicts of trials
        left out; no pairs and None where there are too few trials.
    """
    knobs = [knob for knob in plan.knobs if not knob.choices]
    whole = [t for t in trials if t.end == "done" and t.value is not None and all(k.key in t.values for k in knobs)]
    pairs = list(combinations(range(len(knobs)), 2))
    terms = 1 + 2 * len(knobs) + len(pairs)
    if not pairs or len(whole) < FEWEST_A_TERM * terms:
        return (), None
    scaled = np.array([[2 * share_of(knob, float(t.values[knob.key])) - 1 for knob in knobs] for t in whole])
    values = np.array([t.value for t in whole], dtype=float)
    scales = [np.log(values), values] if np.all(values > 0) else [values]
    weights, explained, chances = _products(scaled, pairs, [_target(scale) for scale in scales])
    if explained < LEAST_EXPLAINED:
        return (), explained
    total = float(np.var(_features(_even(len(knobs)), pairs) @ weights)) or 1.0
    sign = -1.0 if plan.higher_is_better else 1.0
    products = weights[-len(pairs) :]
    found = [
        Interaction(
            knobs[i].key, knobs[j].key, min(1.0, product**2 * _OF_A_PAIR / total), bool(sign * product > 0), chance
        )
        for (i, j), product, chance in zip(pairs, products.tolist(), chances.tolist(), strict=True)
    ]
    return tuple(sorted(found, key=lambda pair: (not pair.is_told, -pair.share))), explained


def _target(values: Array) -> Array:
    """Centred and scaled, with outliers drawn in, for the model is of the good region."""
    low, high = np.quantile(values, (0.25, 0.75))
    values = np.clip(values, low - _FENCE * (high - low), high + _FENCE * (high - low))
    return np.asarray((values - values.mean()) / (values.std() or 1.0), dtype=float)


def _features(scaled: Array, pairs: Sequence[tuple[int, int]]) -> Array:
    powers = [(scaled**power).T for power in range(1, DEGREE + 1)]
    products = [scaled[:, i] * scaled[:, j] for i, j in pairs]
    return np.stack([np.ones(len(scaled)), *(column for power in powers for column in power), *products], axis=1)


def _products(scaled: Array, pairs: Sequence[tuple[int, int]], targets: Sequence[Array]) -> tuple[Array, float, Array]:
    """Weights and explained share on the first scale, and the chance of each pair on the scale where it is highest."""
    features = _features(scaled, pairs)
    fits = [_fit(features, target) for target in targets]
    weights = [fit.weigh @ target for fit, target in zip(fits, targets, strict=True)]
    alone = features[:, : -len(pairs)]
    chances = [
        _chances(fit, _fit(alone, target), target, len(pairs)) for fit, target in zip(fits, targets, strict=True)
    ]
    signs = np.sign([each[-len(pairs) :] for each in weights])
    one_way = np.all(signs == signs[0], axis=0)
    return weights[0], fits[0].explained, np.where(one_way, np.max(chances, axis=0), 1.0)


def _chances(full: _Fit, alone: _Fit, target: Array, pairs: int) -> Array:
    """How often shuffled residuals of single effects make any product as strong as each is."""
    rng = np.random.default_rng(0)
    left = alone.left - alone.left.mean()
    drawn = alone.fitted[:, None] + rng.permuted(np.tile(left, (SHUFFLES, 1)), axis=1).T
    by_chance = (full.weigh @ drawn)[-pairs:]
    middle = by_chance.mean(axis=1, keepdims=True)
    width = np.maximum(1e-12, by_chance.std(axis=1, keepdims=True))
    seen = np.abs((full.weigh @ target)[-pairs:, None] - middle) / width
    strongest = (np.abs(by_chance - middle) / width).max(axis=0)
    return np.asarray((1 + (strongest >= seen).sum(axis=1)) / (1 + SHUFFLES), dtype=float)


def _fit(features: Array, target: Array) -> _Fit:
    """Under the penalty that predicts trials left out one by one best."""
    return max((_fit_under(ridge, features, target) for ridge in RIDGES), key=lambda fit: fit.explained)


def _fit_under(ridge: float, features: Array, target: Array) -> _Fit:
    penalty = ridge * np.eye(features.shape[1])
    penalty[0, 0] = 1e-9  # the mean is free
    weigh = np.linalg.solve(features.T @ features + penalty, features.T)
    fitted = features @ (weigh @ target)
    kept = np.maximum(1e-6, 1 - np.einsum("ij,ji->i", features, weigh))
    left_out = (target - fitted) / kept
    explained = 1 - float(np.mean(left_out**2)) / (float(np.var(target)) or 1.0)
    left = (target - fitted) / np.sqrt(np.maximum(_LEAST_LEFT, kept))
    return _Fit(weigh, fitted, left, explained if math.isfinite(explained) else -math.inf)


def _even(knobs: int, points: int = 2048) -> Array:
    """Points all over the ranges."""
    return np.random.default_rng(0).uniform(-1, 1, (points, knobs))
