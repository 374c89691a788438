"""Which knobs tell good settings from others: PED-ANOVA, with how far resamples of the trials agree on it.

For each knob, the density of the best third of the trials is held against the density of all of them; the Pearson
divergence of the two is what the knob contributes. A divergence is never 0, so what a random third comes to is taken
off. Source:
    Watanabe, Bansal & Hutter 2023, PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in Arbitrary Subspaces,
    theorem 1, https://arxiv.org/abs/2304.10255
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import FEWEST_WEIGHED
from wellfit.tune.outcome.conclude import share_of

Array = NDArray[np.float64]

BEST = 1 / 3
"""Share of the trials that counts as good. The paper's tenth is three trials of thirty. At 100 trials by TPE of noisy
functions, a tenth names the knob that matters most in half of the cases, a third in nine of ten."""

AGREE = 0.8
"""Share of resamples in which the same knob must come first. Of 1,354 cases in which it did, on functions whose
importances are known, at 16 to 100 trials by chance and by TPE, the knob was another one in 3; where nothing matters at
all, 2 in 100 searches name one."""

RESAMPLES = 200
INTERVAL = (0.05, 0.95)

_BINS = 50
_LEAST_WIDTH = 0.5 / 1.64
"""Of a kernel, in bins: nine tenths of it lie within its own."""

_SMALL = 1e-12


@dataclass(frozen=True, slots=True)
class Importance:
    """What resamples of the trials say of each knob.

    Args:
        shares: of each knob by key, the largest first, adding up to 1; empty where nothing can be said.
        within: nine in ten resamples have the share from here to there, by key.
        leads: share of the resamples in which the first one comes first; None where nothing was computed.
    """

    shares: dict[str, float] = field(default_factory=dict)
    within: dict[str, tuple[float, float]] = field(default_factory=dict)
    leads: float | None = None


def importance(plan: StudyPlan, trials: Sequence[TrialSeen]) -> Importance:
    """Share of each knob in what tells the best third of the trials from all.

    Trials that were ended early or have diverged count as behind all whole ones.

    Args:
        plan: of the search.
        trials: that have ended; those that failed, or lie outside of the ranges, say nothing.
    """
    heard = [
        t for t in trials if t.end in ("done", "pruned", "diverged") and all(k.key in t.values for k in plan.knobs)
    ]
    whole = sum(_is_whole(trial) for trial in heard)
    good = min(math.ceil(BEST * len(heard)), whole)
    is_constant = len({trial.value for trial in heard if _is_whole(trial)}) < 2  # noqa: PLR2004 - values that differ
    if is_constant or len(plan.knobs) < 2 or len(heard) < FEWEST_WEIGHED or good < 2:  # noqa: PLR2004 - a share is of two, a width too
        return Importance()
    sign = -1.0 if plan.higher_is_better else 1.0
    order = np.argsort([sign * (t.value or 0.0) if _is_whole(t) else math.inf for t in heard], kind="stable")
    placed = [_placed(knob, [heard[n] for n in order]) for knob in plan.knobs]
    return _told([knob.key for knob in plan.knobs], *_resampled(placed, [bool(k.choices) for k in plan.knobs], good))


def _is_whole(trial: TrialSeen) -> bool:
    return trial.end == "done" and trial.value is not None


def _told(keys: Sequence[str], shares: Array, drawn: Array) -> Importance:
    by_share = sorted(range(len(keys)), key=lambda n: -shares[n])
    low, high = np.quantile(drawn, INTERVAL, axis=0)
    leads = float(np.mean(drawn.argmax(axis=1) == by_share[0]))
    return Importance(
        {keys[n]: float(shares[n]) for n in by_share} if leads >= AGREE else {},
        {keys[n]: (float(low[n]), float(high[n])) for n in by_share},
        leads,
    )


def _placed(knob: Knob, trials: Sequence[TrialSeen]) -> Array:
    """Where each trial lies, as float64 of shape (trials, bins) with a 1 in each row."""
    if knob.choices:
        bins, at = len(knob.choices), [knob.choices.index(trial.values[knob.key]) for trial in trials]
    else:
        shares = [share_of(knob, float(trial.values[knob.key])) for trial in trials]
        bins, at = _BINS, [min(_BINS - 1, max(0, round(share * (_BINS - 1)))) for share in shares]
    return np.asarray(np.eye(bins)[at], dtype=float)


def _resampled(placed: Sequence[Array], choices: Sequence[bool], good: int) -> tuple[Array, Array]:
    """Shares of the knobs, of shape (knobs,), and those of resamples, of shape (resamples, knobs)."""
    trials = len(placed[0])
    rng = np.random.default_rng(0)
    every = np.ones((1, trials))
    drawn = rng.multinomial(trials, np.full(trials, 1 / trials), size=RESAMPLES).astype(float)
    by_chance = rng.permuted(np.tile(_first(every, good), (RESAMPLES, 1)), axis=1)

    def divergences(best: Array, of: Array) -> Array:
        pairs = zip(placed, choices, strict=True)
        return np.stack([_divergence(best @ rows, of @ rows, is_choice=chosen) for rows, chosen in pairs], axis=1)

    chance = divergences(by_chance, every).mean(axis=0)
    return (
        _shares(divergences(_first(every, good), every) - chance)[0],
        _shares(divergences(_first(drawn, good), drawn) - chance),
    )


def _first(counts: Array, good: int) -> Array:
    """The first so many of each row of counts, whose columns are in the order of how good trials are."""
    before = np.cumsum(counts, axis=1) - counts
    return np.clip(good - before, 0, counts)


def _shares(divergences: Array) -> Array:
    above = np.maximum(0.0, divergences)
    total = above.sum(axis=1, keepdims=True)
    even = np.full_like(above, 1 / above.shape[1])
    return np.asarray(np.where(total > _SMALL, above / np.maximum(total, _SMALL), even), dtype=float)


def _divergence(best: Array, of: Array, *, is_choice: bool) -> Array:
    """Pearson's, of densities that counts of shape (rows, bins) say."""
    good, every = _density(best, is_choice=is_choice), _density(of, is_choice=is_choice)
    return np.asarray((every * (good / every - 1) ** 2).sum(axis=1), dtype=float)


def _density(counts: Array, *, is_choice: bool) -> Array:
    """Kernels of Scott's width around counts of shape (rows, bins), and an even prior that weighs as one of them."""
    rows, bins = counts.shape
    smooth = counts if is_choice else np.einsum("rb,rbc->rc", counts, _kernels(counts))
    density = smooth + 1 / bins
    return np.asarray(density / density.sum(axis=1).reshape(rows, 1), dtype=float)


def _kernels(counts: Array) -> Array:
    """What a trial in each bin gives to all of them, of shape (rows, bins, bins)."""
    at, total = np.arange(counts.shape[1]), np.maximum(1.0, counts.sum(axis=1))
    mean = counts @ at / total
    spread = np.maximum(0.0, counts @ at**2 / total - mean**2) * total / np.maximum(1.0, total - 1)
    width = np.maximum(_LEAST_WIDTH, 1.059 * np.sqrt(spread) * total**-0.2)
    by_distance = np.exp(-0.5 * (at / width[:, None]) ** 2)
    kernels = by_distance[:, np.abs(at[:, None] - at)]
    return np.asarray(kernels / kernels.sum(axis=2, keepdims=True), dtype=float)
