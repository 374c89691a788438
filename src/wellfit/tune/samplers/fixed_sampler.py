"""A sampler of the engine that asks no model: each planned trial has a point of its own from the beginning."""

from collections.abc import Mapping, Sequence
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.trial import FrozenTrial

from wellfit.model.knob import Value


class FixedSampler(BaseSampler):  # type: ignore[misc,unused-ignore]
    """Gives the points in the order of slots, whichever worker asks.

    Args:
        points: of the slots behind the script's own setting.
        space: the ranges by key.
    """

    def __init__(self, points: Sequence[Mapping[str, Value]], space: Mapping[str, BaseDistribution]) -> None:
        self._points, self._space = points, dict(space)
        self._chance = RandomSampler(seed=0)

    def infer_relative_search_space(
        self,
        study: Study,  # noqa: ARG002 - as the engine calls it
        trial: FrozenTrial,  # noqa: ARG002 - the same
    ) -> dict[str, BaseDistribution]:
        """All of the ranges."""
        return self._space

    def sample_relative(
        self,
        study: Study,  # noqa: ARG002 - as the engine calls it
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],  # noqa: ARG002 - the same
    ) -> dict[str, Any]:
        """The point of the trial's slot."""
        slot = int(trial.user_attrs.get("slot", 0))
        return dict(self._points[slot - 1]) if 0 < slot <= len(self._points) else {}

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """By chance, for what lies beyond the points."""
        return self._chance.sample_independent(study, trial, param_name, param_distribution)
