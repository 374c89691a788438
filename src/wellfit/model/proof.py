"""The measured effect of a cure, as reports show it."""

from dataclasses import dataclass
from typing import Literal

from wellfit.model.score import HIGHER_IS_BETTER, Metric

ProofVerdict = Literal["helps", "no measurable effect", "hurts", "could not measure"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One metric of the run as it is and of the cured one.

    Args:
        as_is: mean over the seeds.
        cured: the same with the cure.
        interval: two-sided 95 % interval of cured minus as-is, with its middle: (low, mid, high).
    """

    metric: Metric
    as_is: float
    cured: float
    interval: tuple[float, float, float]

    @property
    def verdict(self) -> ProofVerdict:
        """What the interval allows to say: it helps or hurts only where 0 lies outside."""
        low, _, high = self.interval
        if low <= 0 <= high:
            return "no measurable effect"
        return "helps" if (low > 0) is HIGHER_IS_BETTER[self.metric] else "hurts"


@dataclass(frozen=True, slots=True)
class Band:
    """A value over the steps, of several seeds.

    Args:
        name: "as is" or "cured".
        steps: optimizer steps, rising.
        low: smallest value of any seed at each step.
        mid: mean over the seeds.
        high: largest value.
    """

    name: str
    steps: tuple[int, ...]
    low: tuple[float, ...]
    mid: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a run when one finding was cured in it.

    Args:
        verdict: of the metric that decides.
        reason: why nothing could be measured, or what to know about the measurement; None where there is nothing.
        effect: of the metric that decides; None where nothing could be measured.
        also: the other metrics of the task.
        seeds: pairs of runs.
        steps: optimizer steps of each run that trained.
        rows: answers that were scored in each run.
        held_back: they are those of the script's own evaluation; else of its training batches, with the weights held
            still, which in a first epoch were not trained on either.
        bands: the proper loss of the training batches, as is and cured; empty where it is not known.
    """

    verdict: ProofVerdict
    reason: str | None = None
    effect: Effect | None = None
    also: tuple[Effect, ...] = ()
    seeds: int = 0
    steps: int = 0
    rows: int = 0
    held_back: bool = False
    bands: tuple[Band, ...] = ()
