"""Facts about the data that the training reads."""

from dataclasses import dataclass

from wellfit.model.events.data import InputsMeasured, LabelsOrdered, LossCompared, RowsCompared


@dataclass(frozen=True, slots=True)
class LabelOrder:
    """Each loss line's labels as they stood last.

    Args:
        lines: one event a line.
    """

    lines: tuple[LabelsOrdered, ...]


@dataclass(frozen=True, slots=True)
class InputScales:
    """Inputs of each root, with the losses of the same steps.

    Args:
        roots: by root and line of its call, what was measured, in order.
        losses: by line, what was compared, in order.
        curve: loss at each recorded step, in order.
    """

    roots: tuple[tuple[InputsMeasured, ...], ...]
    losses: tuple[tuple[LossCompared, ...], ...]
    curve: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ConstantAnswers:
    """Losses beside what a model scores that gives one answer to everything, by line, in order."""

    losses: tuple[tuple[LossCompared, ...], ...]


@dataclass(frozen=True, slots=True)
class EvaluatedRows:
    """Each evaluation's rows as they stood last.

    Args:
        evaluations: one event each.
    """

    evaluations: tuple[RowsCompared, ...]
