"""A sampler of the engine whose points come from Ax: Bayesian optimization by its own choice of model.

Ax keeps nothing between two points. It is told of all trials of the study each time, so that workers on many machines,
and a search that goes on later, ask the same model.
"""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from optuna import Study
from optuna.distributions import BaseDistribution
from optuna.samplers import BaseSampler, RandomSampler
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial, TrialState

from wellfit.errors import UsageError
from wellfit.model.knob import Knob, Value
from wellfit.tune.samplers.distributions import distributions_of

METRIC = "metric"
"""Name of the metric for Ax, which allows fewer characters than scripts do."""


def check_ax() -> None:
    """Raise where Ax cannot be asked.

    Raises:
        UsageError: it is not installed.
    """
    try:
        with _quiet():
            import ax.api.client  # noqa: F401
    except ImportError as error:
        raise UsageError(f"--sampler ax needs {error.name}: `pip install 'wellfit[ax]'`") from None


class AxSampler(BaseSampler):  # type: ignore[misc,unused-ignore]
    """Asks Ax for the point of a trial.

    Args:
        knobs: of the search.
        seed: of its draws.
    """

    def __init__(self, knobs: Sequence[Knob], seed: int) -> None:
        self._knobs, self._seed = knobs, seed % 2**32
        self._chance = RandomSampler(seed=self._seed)

    def infer_relative_search_space(
        self,
        study: Study,  # noqa: ARG002 - as the engine calls it
        trial: FrozenTrial,  # noqa: ARG002 - the same
    ) -> dict[str, BaseDistribution]:
        """All of the ranges."""
        return distributions_of(self._knobs)

    def sample_relative(
        self,
        study: Study,
        trial: FrozenTrial,
        search_space: dict[str, BaseDistribution],  # noqa: ARG002 - the engine's signature
    ) -> dict[str, Any]:
        """A point that Ax expects to be good, away from those that run."""
        with _quiet():
            client = self._client(higher_is_better=study.direction == StudyDirection.MAXIMIZE)
            known = [t for t in study.get_trials(deepcopy=False) if t.number != trial.number]
            for other in known:
                self._tell(client, other)
            ((_, point),) = client.get_next_trials(max_trials=1).items()
        return {knob.key: self._value(knob, point[knob.key]) for knob in self._knobs}

    def _client(self, *, higher_is_better: bool) -> Any:
        from ax.api.client import Client

        client = Client(random_seed=self._seed)
        client.configure_experiment(parameters=[_parameter(knob) for knob in self._knobs])
        client.configure_optimization(objective=METRIC if higher_is_better else f"-{METRIC}")
        client.configure_generation_strategy(
            method="fast", initialization_budget=0, initialization_random_seed=self._seed, initialize_with_center=False
        )
        return client

    def _tell(self, client: Any, trial: FrozenTrial) -> None:
        """Hand a trial over; one without a value keeps Ax away from its point, whether it runs or came to nothing."""
        if any(knob.key not in trial.params or not knob.holds(trial.params[knob.key]) for knob in self._knobs):
            return
        number = client.attach_trial({knob.key: _at(knob, trial.params[knob.key]) for knob in self._knobs})
        if trial.state == TrialState.COMPLETE:
            client.complete_trial(number, raw_data={METRIC: trial.value})
        elif trial.state.is_finished():
            client.mark_trial_abandoned(number)

    def _value(self, knob: Knob, told: Any) -> Value:
        if knob.choices:
            return knob.choices[int(told)]
        value = min(knob.high or 0.0, max(knob.low or 0.0, told))
        return int(value) if knob.integer else float(value)

    def sample_independent(
        self, study: Study, trial: FrozenTrial, param_name: str, param_distribution: BaseDistribution
    ) -> Any:
        """By chance; nothing is asked for alone."""
        return self._chance.sample_independent(study, trial, param_name, param_distribution)


def _at(knob: Knob, value: Any) -> Any:
    return knob.choices.index(value) if knob.choices else value


def _parameter(knob: Knob) -> Any:
    """A range in the words of Ax; choices by their numbers, since they may be of several types."""
    from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

    if knob.choices:
        return ChoiceParameterConfig(
            name=knob.key, values=list(range(len(knob.choices))), parameter_type="int", is_ordered=False
        )
    return RangeParameterConfig(
        name=knob.key,
        bounds=(knob.low or 0.0, knob.high or 0.0),
        parameter_type="int" if knob.integer else "float",
        scaling="log" if knob.log else "linear",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what Ax says of itself from a terminal that shows a search.

    Each of its modules has a logger with a level of its own, and loading it logs already: only all can be shut at once.
    """
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
