"""How well the models answer where they are evaluated."""

from wellfit.model.events.record import VALIDATION_ACCURACY, VALIDATION_LOSS
from wellfit.model.score import Score
from wellfit.observe.moments import LossCall
from wellfit.observe.scores import score_call
from wellfit.observe.watch import Watch
from wellfit.record.metrics import Metrics

MOST_SCORED = 256
"""Calls of a loss function that are scored in one evaluation, from its beginning: a count, so that a run that is had
again scores the same."""


class Evaluation:
    """Pools the scores of the calls of loss functions between two steps.

    Args:
        watch: of this process.
        metrics: where values go.
    """

    def __init__(self, watch: Watch, metrics: Metrics) -> None:
        self._watch = watch
        self._metrics = metrics
        self._pooled: dict[str, Score] = {}
        self._scored = 0

    def note(self, call: LossCall) -> None:
        """Score what reaches a loss function without gradients."""
        if call.grad or self._scored >= MOST_SCORED or not self._watch.may_compute():
            return
        self._scored += 1
        score = score_call(call.function, call.input, call.target, call.options, positions=call.input.dim() > 2)  # noqa: PLR2004 - classes and positions
        if score is not None:
            known = self._pooled.get(score.task)
            self._pooled[score.task] = score if known is None else known + score

    def close(self, step: int) -> None:
        """Note what it came to.

        Args:
            step: optimizer steps before it.
        """
        self._scored = 0
        for task, score in self._pooled.items():
            self._metrics.note(VALIDATION_LOSS, "evaluation", step, score.loss / score.rows)
            if task in ("classification", "binary", "tokens"):
                self._metrics.note(VALIDATION_ACCURACY, "evaluation", step, score.correct / score.rows)
        self._pooled.clear()
