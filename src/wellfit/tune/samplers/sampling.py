"""Where a search looks next: even points first, then where a model of the results expects better ones."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from wellfit.errors import UsageError
from wellfit.model.knob import Knob, Value
from wellfit.model.study import USUAL_TRIALS, StudyPlan
from wellfit.tune.samplers.distributions import distributions_of
from wellfit.tune.samplers.points import even_points, fixed_points, grid_size

if TYPE_CHECKING:
    from optuna import Trial
    from optuna.samplers import BaseSampler

EXPLORED = 8
"""Points of a scrambled Sobol sequence before any model is asked."""

_MODELS = frozenset({"tpe", "gp", "ax"})
"""Samplers that even points come before."""

LARGE_GRID = 1000
"""Points of a grid beyond which somebody has to say that all of them are meant."""


def check_sampler(name: str) -> None:
    """Raise where a way to choose settings cannot be gone.

    Args:
        name: one of `SAMPLERS`.

    Raises:
        UsageError: what it needs is not installed.
    """
    if name == "ax":
        from wellfit.tune.samplers.ax_sampler import check_ax

        check_ax()


def count_trials(sampler: str, asked: int, knobs: Sequence[Knob]) -> int:
    """Trials of a search, the script's own setting among them.

    Args:
        sampler: one of `SAMPLERS`.
        asked: by the user; 0 where nothing was said.
        knobs: of the search.

    Raises:
        UsageError: a grid is large, and nothing was said.
    """
    if sampler != "grid":
        return asked or USUAL_TRIALS
    size = grid_size(knobs)
    if not asked and size > LARGE_GRID:
        raise UsageError(f"the grid has {size:,} points: --trials says how many of them are tried, evenly drawn")
    return min(asked or size + 1, size + 1)


def first_points(plan: StudyPlan) -> tuple[Mapping[str, Value], ...]:
    """The points that are tried behind the script's own setting."""
    count = min(EXPLORED, plan.trials - 1) if plan.sampler in _MODELS else 0
    return even_points(plan.knobs, max(0, count), plan.seed)


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
        plan: of the search, whose sampler is not `random`.
        number: together with the seed it makes draws that no other worker makes.
    """
    from optuna import samplers

    seed = (plan.seed * 1_000_003 + number) % 2**32
    if plan.sampler in {"sobol", "grid"}:
        from wellfit.tune.samplers.fixed_sampler import FixedSampler

        return FixedSampler(fixed_points(plan), distributions_of(plan.knobs))
    if plan.sampler == "ax":
        from wellfit.tune.samplers.ax_sampler import AxSampler

        return AxSampler(plan.knobs, seed)
    if plan.sampler == "gp":
        return samplers.GPSampler(seed=seed, n_startup_trials=0)
    return samplers.TPESampler(seed=seed, n_startup_trials=min(EXPLORED, plan.trials), multivariate=True)
