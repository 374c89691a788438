"""Folds calls beside the training into `SampleMixing` and `EvaluationNoise`."""

from collections.abc import Iterator

from wellfit.model.events.loss import LossComputed, Producer
from wellfit.model.events.side_run import Evaluated, SideRan
from wellfit.model.facts.side_run import EvaluationNoise, SampleMixing
from wellfit.model.log import EventLog

CLASS_LOSSES = frozenset({"cross_entropy", "nll_loss"})


def fold_sample_mixing(log: EventLog) -> SampleMixing:
    """Side-runs, and softmaxes right before a loss."""
    return SampleMixing(log.of(SideRan), tuple(_over_batch(log)))


def _over_batch(log: EventLog) -> Iterator[tuple[LossComputed, Producer]]:
    for loss in log.of(LossComputed):
        if loss.function not in CLASS_LOSSES or len(loss.input.shape) != 2:  # noqa: PLR2004 - (N, C)
            continue
        if loss.input.shape[0] == loss.input.shape[1]:
            continue  # pairs of samples, as contrastive losses compare them both ways
        for made_by in loss.producers:
            softmax = made_by.operation in ("softmax", "log_softmax")
            if softmax and made_by.dim in (0, -2) and _are_rows_of(loss.input.shape, made_by.shape):
                yield loss, made_by


def _are_rows_of(given: tuple[int, ...], made: tuple[int, ...] | None) -> bool:
    """Whether all rows of what a softmax made, or some that were picked, reached the loss."""
    if made is None or len(made) != len(given) or made[0] == made[1]:
        return False
    return made[1] == given[1] and made[0] >= given[0]


def fold_evaluation_noise(log: EventLog) -> EvaluationNoise:
    """Side-runs, and how often each model was evaluated."""
    latest = {e.root: e for e in log.of(Evaluated)}
    return EvaluationNoise(log.of(SideRan), tuple(latest.values()))
