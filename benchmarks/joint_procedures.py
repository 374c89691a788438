"""Ways to spend a number of trainings on a grid of settings; each sees losses of one seed, and names a setting.

A procedure is a generator: it yields the setting to train, as a tuple of levels, and is sent the validation loss; one
that ends trainings early says up to which rung. What it has seen lowest at the end of a training is its answer; what
it asks for again costs nothing.
"""

import itertools
import warnings
from collections.abc import Callable, Generator
from typing import NamedTuple

import numpy as np
import optuna
from scipy.stats import norm, qmc

Setting = tuple[int, ...]
Shape = tuple[int, ...]


class Training(NamedTuple):
    """Of a setting up to a rung of its table; what it was trained before is not trained again."""

    setting: Setting
    rung: int


Procedure = Generator[Setting | Training, float, None]
Maker = Callable[[Shape, Setting, np.random.Generator], Procedure]
"""From the levels of each axis, the user's own setting and a generator."""

FIRST = 8
"""Trainings before a model is fitted."""

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


def put(setting: Setting, axis: int, level: int) -> Setting:
    return (*setting[:axis], level, *setting[axis + 1 :])


def stacked(shape: Shape, start: Setting, _: np.random.Generator) -> Procedure:
    """Each regularizer tuned alone at the user's own rate, and the winners put together."""
    winners = start
    for axis in range(1, len(shape)):
        winners = put(winners, axis, (yield from line(shape, start, axis)))
    yield winners


def stacked_with_rate(shape: Shape, start: Setting, _: np.random.Generator) -> Procedure:
    """The same with the rate tuned along with each, and again at the end."""
    winners = start
    for axis in range(1, len(shape)):
        best = np.inf
        for level, rate in itertools.product(range(shape[axis]), range(shape[0])):
            seen = yield put(put(start, axis, level), 0, rate)
            if seen < best:
                best, chosen = seen, level
        winners = put(winners, axis, chosen)
    yield from line(shape, winners, 0)


def line(shape: Shape, at: Setting, axis: int) -> Generator[Setting, float, int]:
    """All levels of one axis; the best one."""
    seen = np.full(shape[axis], np.inf)
    for level in range(shape[axis]):
        seen[level] = yield put(at, axis, level)
    return int(np.argmin(seen))


def one_pass(order: tuple[int, ...]) -> Maker:
    """Axis after axis in an order, each winner carried on."""

    def made(shape: Shape, start: Setting, _: np.random.Generator) -> Procedure:
        at = start
        for axis in order:
            at = put(at, axis, (yield from line(shape, at, axis)))

    return made


def descent(shape: Shape, start: Setting, random: np.random.Generator) -> Procedure:
    """Axes in a random order until none helps, first from a random start, then from others."""
    del start
    while True:
        at: Setting = tuple(int(random.integers(n)) for n in shape)
        before = None
        while before != at:
            before = at
            for axis in random.permutation(len(shape)):
                at = put(at, int(axis), (yield from line(shape, at, int(axis))))


def uniform(shape: Shape, start: Setting, random: np.random.Generator) -> Procedure:
    """The user's own setting, then random ones, none twice."""
    yield start
    for place in random.permutation(int(np.prod(shape))):
        yield tuple(int(i) for i in np.unravel_index(place, shape))


def sobol(shape: Shape, start: Setting, random: np.random.Generator) -> Procedure:
    """The user's own setting, then scrambled Sobol points."""
    yield start
    sampler = qmc.Sobol(len(shape), seed=random)
    while True:
        for point in sampler.random(64):
            yield tuple(int(p * n) for p, n in zip(point, shape, strict=True))


def tpe(shape: Shape, start: Setting, random: np.random.Generator, first: int = FIRST) -> Procedure:
    """Optuna's TPE as it comes, after the user's own setting and Sobol points."""
    sampler = optuna.samplers.TPESampler(seed=int(random.integers(2**31)), n_startup_trials=first)
    study = optuna.create_study(sampler=sampler)
    points = [start, *itertools.islice(sobol(shape, start, random), 1, first)]
    space = {str(axis): optuna.distributions.IntDistribution(0, n - 1) for axis, n in enumerate(shape)}
    for point in points:
        study.enqueue_trial({str(axis): level for axis, level in enumerate(point)})
    while True:
        trial = study.ask(space)
        seen = yield tuple(trial.params[str(axis)] for axis in range(len(shape)))
        if np.isfinite(seen):
            study.tell(trial, float(np.log(seen)))
        else:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)


def gp(shape: Shape, start: Setting, random: np.random.Generator) -> Procedure:
    """A Gaussian process on the levels, and the setting of the largest expected improvement, after Sobol points."""
    grid = np.array(list(itertools.product(*(range(n) for n in shape))), dtype=float)
    scaled = grid / (np.array(shape) - 1)
    seen: dict[int, float] = {}
    for point in itertools.islice(sobol(shape, start, random), FIRST):
        seen[int(np.ravel_multi_index(point, shape))] = yield point
    while len(seen) < len(grid):
        place = proposed(scaled, seen, random)
        seen[place] = yield tuple(int(i) for i in grid[place])


LENGTHS = (0.3, 0.6, 1.2, 2.4)
NOISES = (1e-3, 1e-2, 1e-1)


def proposed(scaled: np.ndarray, seen: dict[int, float], random: np.random.Generator) -> int:
    places = np.array(list(seen))
    losses = np.array(list(seen.values()))
    worst = np.max(losses[np.isfinite(losses)], initial=0.0) or 1.0
    y = np.log(np.where(np.isfinite(losses), losses, worst))
    spread = y.std() or 1.0
    y = (y - y.mean()) / spread
    x = scaled[places]
    lengths = np.full(scaled.shape[1], 0.6)
    best: tuple[float, np.ndarray, float] = (-np.inf, lengths, NOISES[1])
    squares = (x[:, None] - x[None]) ** 2
    for noise in NOISES:  # coordinate ascent of the marginal likelihood, one sweep for each noise
        for axis in random.permutation(scaled.shape[1]):
            tried = np.tile(lengths, (len(LENGTHS), 1))
            tried[:, axis] = LENGTHS
            scores = evidences(squares, y, tried, noise)
            lengths = tried[int(np.argmax(scores))]
            best = max(best, (float(scores.max()), lengths, noise), key=lambda b: b[0])
    return most_improving(scaled, places, y, best[1], best[2])


def matern(squares: np.ndarray, lengths: np.ndarray) -> np.ndarray:
    """From squared distances along each axis, the last one; leading axes of the lengths lead the result."""
    d = np.sqrt(5 * np.einsum("ijk,...k->...ij", squares, lengths**-2.0))
    return (1 + d + d**2 / 3) * np.exp(-d)


def evidences(squares: np.ndarray, y: np.ndarray, lengths: np.ndarray, noise: float) -> np.ndarray:
    """Log marginal likelihood for each row of lengths, but for a constant."""
    roots = np.linalg.cholesky(matern(squares, lengths) + noise * np.eye(len(y)))
    z = np.linalg.solve(roots, np.broadcast_to(y[:, None], (len(lengths), len(y), 1)))[..., 0]
    return -0.5 * (z**2).sum(-1) - np.log(np.diagonal(roots, axis1=1, axis2=2)).sum(-1)


def most_improving(scaled: np.ndarray, places: np.ndarray, y: np.ndarray, lengths: np.ndarray, noise: float) -> int:
    squares = (scaled[places][:, None] - scaled[None]) ** 2
    root = np.linalg.cholesky(matern(squares[:, places], lengths) + noise * np.eye(len(places)))
    across = np.linalg.solve(root, matern(squares, lengths))
    mean = across.T @ np.linalg.solve(root, y)
    deviation = np.sqrt(np.maximum(1 - (across**2).sum(0), 1e-12))
    gain = (y.min() - mean) / deviation
    improvement = deviation * (gain * norm.cdf(gain) + norm.pdf(gain))
    improvement[places] = -1
    return int(np.argmax(improvement))


PROCEDURES: dict[str, Maker] = {
    "stacked winners, rate fixed": stacked,
    "stacked winners, rate tuned with each": stacked_with_rate,
    "coordinate descent, random starts": descent,
    "random joint": uniform,
    "Sobol joint": sobol,
    "TPE joint": tpe,
    "GP joint": gp,
}
ORDERS = tuple(itertools.permutations(range(4)))
SLOW = frozenset({"TPE joint", "GP joint"})
"""Procedures that are replayed fewer times."""
