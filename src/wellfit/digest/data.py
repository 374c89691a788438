"""Folds what was seen of the data into facts."""

from collections.abc import Hashable, Iterable
from typing import TypeVar

from wellfit.model.events.data import InputsMeasured, LabelsOrdered, LossCompared, RowsCompared
from wellfit.model.events.run import Tracked
from wellfit.model.facts.data import ConstantAnswers, EvaluatedRows, InputScales, LabelOrder
from wellfit.model.log import EventLog
from wellfit.model.rule import Unseen

T = TypeVar("T")


def fold_label_order(log: EventLog) -> LabelOrder | Unseen:
    """The last word on each line's labels."""
    seen = log.of(LabelsOrdered)
    last = {event.place: event for event in seen}
    if not last:
        return Unseen("no class labels reached a loss function of torch.nn.functional")
    return LabelOrder(tuple(last.values()))


def fold_input_scales(log: EventLog) -> InputScales | Unseen:
    """Inputs and losses of the sampled steps, and the curve."""
    inputs = log.of(InputsMeasured)
    if not inputs:
        return Unseen("no module was called with a float input of samples by features")
    answers = fold_constant_answers(log)
    if isinstance(answers, Unseen):
        return answers
    return InputScales(
        _grouped(((e.root, e.place), e) for e in inputs),
        answers.losses,
        tuple(loss for stretch in log.of(Tracked) for loss in stretch.losses),
    )


def fold_constant_answers(log: EventLog) -> ConstantAnswers | Unseen:
    """Losses of the sampled steps."""
    losses = log.of(LossCompared)
    if not losses:
        return Unseen(
            "no cross_entropy, mse_loss or binary_cross_entropy_with_logits was called, to compare with theory"
        )
    return ConstantAnswers(_grouped(((e.function, e.place), e) for e in losses))


def fold_evaluated_rows(log: EventLog) -> EvaluatedRows | Unseen:
    """The last word on each evaluation."""
    last = {event.evaluation: event for event in log.of(RowsCompared)}
    if not last:
        return Unseen("no evaluation without gradients was seen on rows that can be told apart")
    return EvaluatedRows(tuple(last.values()))


def _grouped(pairs: Iterable[tuple[Hashable, T]]) -> tuple[tuple[T, ...], ...]:
    groups: dict[Hashable, list[T]] = {}
    for key, value in pairs:
        groups.setdefault(key, []).append(value)
    return tuple(tuple(group) for group in groups.values())
