"""What a search over hyperparameters found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from wellfit.model.study import StudyPlan, TrialSeen

Verdict = Literal["better", "tie", "worse", "own", "unconfirmed", "none"]
"""`better`: the winner is ahead of the script's own setting on fresh seeds, by more than chance. `tie`: no difference
beyond that. `worse`: it is behind. `own`: no other setting was ahead. `unconfirmed`: no fresh seeds were run. `none`:
no trial was whole."""


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


@dataclass(frozen=True, slots=True)
class Interaction:
    """Two knobs together.

    Args:
        first: key.
        second: key.
        share: of the variance of the metric over the ranges, that only the two together explain, from 0 to 1.
        replaces: moved up together they do worse than each alone lets expect, so that one does the work of the other;
            else they support each other.
    """

    first: str
    second: str
    share: float
    replaces: bool


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
        importance: share of each knob in what tells good settings from others, by key, adding up to 1; empty where
            there are too few trials.
        interactions: of all pairs, the strongest first; empty where there are too few trials.
        explained: share of the variance that the model behind the interactions predicts of trials left out; None
            without a model.
        notices: sentences: edges, budgets, failures.
        runs: trainings in all, those on fresh seeds included.
        seconds: of this call.
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

    @property
    def winner(self) -> TrialSeen | None:
        """The best whole trial."""
        return next((trial for trial in self.trials if trial.slot == self.best), None)

    @property
    def own(self) -> TrialSeen | None:
        """The script as it is."""
        return next((trial for trial in self.trials if trial.slot == 0), None)
