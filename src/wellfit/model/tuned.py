"""What a search over hyperparameters found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from wellfit.model.study import StudyPlan, TrialSeen

Verdict = Literal["better", "tie", "worse", "own", "unconfirmed", "none"]
"""`better`: the winner is ahead of the script's own setting on fresh seeds, by more than chance. `tie`: no difference
beyond that. `worse`: it is behind. `own`: no other setting was ahead. `unconfirmed`: no fresh seeds were run. `none`:
no trial was whole."""


FEWEST_WEIGHED = 16
"""Trials below which nothing is said of what matters: resamples of fewer seldom agree, and then by chance."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """Runs on seeds that the search did not use.

    Args:
        seeds: shifts of the script's own.
        own: value of the metric under the script's own setting, by seed; None where it is not finite or the run failed.
        winner: the same under the winner's.
        mean: of the differences, winner minus own; None where fewer than two pairs are whole.
        half: of the 95 % interval around it, by Student's t.
        test_metric: name of a metric that no setting was chosen by; empty where none was asked for.
        own_test: its last value under the script's own setting, by seed.
        winner_test: the same under the winner's.
    """

    seeds: tuple[int, ...] = ()
    own: tuple[float | None, ...] = ()
    winner: tuple[float | None, ...] = ()
    mean: float | None = None
    half: float | None = None
    test_metric: str = ""
    own_test: tuple[float | None, ...] = ()
    winner_test: tuple[float | None, ...] = ()


MOST_CHANCE = 0.02
"""Chance of a pair as strong as this up to which it is called one: of searches of six sums of single effects, 4 in 100
or fewer name a pair then, most of them on a sum that jumps."""

LEAST_SHARE = 0.03
"""Of the variance, below which an interaction is not worth a line."""


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two knobs together.

    Args:
        first: key.
        second: key.
        share: of the variance of the metric over the ranges, that only the two together explain, from 0 to 1.
        replaces: moved up together they do worse than each alone lets expect, so that one does the work of the other;
            else they support each other.
        chance: how often chance alone makes any pair of the search as strong, from 0 to 1; see `is_told`.
    """

    first: str
    second: str
    share: float
    replaces: bool
    chance: float = 0.0

    @property
    def is_told(self) -> bool:
        """Whether chance does not explain it, and it is large enough to be worth a word."""
        return self.chance <= MOST_CHANCE and self.share >= LEAST_SHARE


@dataclass(frozen=True, slots=True)
class Tuned:
    """The answer.

    Args:
        plan: of the search.
        place: where it is kept, without a password.
        trials: one for each slot that has ended, in the order of slots.
        best: slot of the winner; None where no trial was whole.
        verdict: see `Verdict`.
        confirmed: on fresh seeds.
        importance: share of each knob in what tells good settings from others, by key, the largest first, adding up to
            1; empty where there are too few trials, or resamples of them do not agree on the first.
        interactions: of all pairs, those that are told and then the strongest first; empty where there are too few
            trials.
        explained: share of the variance that the model behind the interactions predicts of trials left out; None
            without a model.
        notices: sentences: edges, budgets, failures.
        runs: trainings in all, those on fresh seeds included.
        seconds: of this call.
        importance_within: from where to where the share of each knob lies in nine of ten resamples, by key.
        importance_leads: share of the resamples in which the first knob of `importance_within` comes first; None where
            there are too few trials.
    """

    plan: StudyPlan
    place: str
    trials: tuple[TrialSeen, ...]
    best: int | None
    verdict: Verdict
    confirmed: Confirmed
    importance: Mapping[str, float]
    interactions: tuple[Interaction, ...]
    explained: float | None
    notices: tuple[str, ...]
    runs: int
    seconds: float
    importance_within: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    importance_leads: float | None = None

    @property
    def winner(self) -> TrialSeen | None:
        """The best whole trial."""
        return next((trial for trial in self.trials if trial.slot == self.best), None)

    @property
    def own(self) -> TrialSeen | None:
        """The script as it is."""
        return next((trial for trial in self.trials if trial.slot == 0), None)
