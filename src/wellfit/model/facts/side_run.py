"""Facts from calls of the model beside the training."""

from dataclasses import dataclass

from wellfit.model.events.loss import LossComputed, Producer
from wellfit.model.events.side_run import Evaluated, SideRan


@dataclass(frozen=True, slots=True)
class SampleMixing:
    """Whether a sample's output depends on that sample alone.

    Args:
        runs: one for each model that was looked at.
        over_batch: softmaxes along the samples that reached a loss with one target a sample, with that loss.
    """

    runs: tuple[SideRan, ...]
    over_batch: tuple[tuple[LossComputed, Producer], ...]

    @property
    def refused(self) -> str:
        """Why no model was run, or an empty string where one was."""
        if any(not run.refused for run in self.runs):
            return ""
        return f"{self.runs[0].root} was not run beside the training: {self.runs[0].refused}" if self.runs else _NEVER


@dataclass(frozen=True, slots=True)
class EvaluationNoise:
    """Whether a model in evaluation mode gives the same output each time.

    Args:
        evaluations: totals of each model that was evaluated.
    """

    runs: tuple[SideRan, ...]
    evaluations: tuple[Evaluated, ...]


_NEVER = "no model was called in training mode in the second and third iteration"
