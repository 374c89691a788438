"""The data rules on facts written by hand: both sides of each threshold."""

from dataclasses import replace

import pytest

from wellfit.model.events.data import InputsMeasured, LabelsOrdered, LossCompared, RowsCompared
from wellfit.model.facts.data import EvaluatedRows, InputScales, LabelOrder
from wellfit.model.place import Place
from wellfit.model.rule import Finding, Rule
from wellfit.rules.data.training_data_in_label_order.rule import training_data_in_label_order
from wellfit.rules.data.training_samples_in_validation.rule import training_samples_in_validation
from wellfit.rules.data.unscaled_inputs.rule import unscaled_inputs

HERE = Place("/program/train.py", 7, "<module>")
SORTED = LabelsOrdered(
    step=64, place=HERE, loader=None, loader_made=None, loader_place=None, iterations=60, labels=900, classes=3,
    later_iterations=0,
    runs=15, blocks=True, repeated=True, passes=5, within=0.94, pooled=0.34, later_pure=0, later_classes=0,
)  # fmt: skip
LONG = replace(
    SORTED, classes=1, runs=1, blocks=False, repeated=False, passes=1, within=1.0, pooled=0.8, later_iterations=4,
    later_pure=4, later_classes=3,
)  # fmt: skip
MIXED = RowsCompared(
    evaluation=0, step=48, place=HERE, passes=2, rows=400, trained=100, duplicates=0, training_rows=1000,
    training_known=1.0, source="unknown",
)  # fmt: skip
CLEAN = replace(MIXED, evaluation=1, trained=0)
INPUT = InputsMeasured(0, "Net", HERE, "Linear", False, (32, 13), 13, 0.4, 800.0)
LOSS = LossCompared(0, "cross_entropy", HERE, 40.0, 1.05, 1.1)


def kinds(rule: Rule, fact: object) -> list[str]:
    return ["found" if isinstance(answer, Finding) else "unseen" for answer in rule.function(fact)]


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        (SORTED, ["found"]),
        (replace(SORTED, loader="sequential"), ["found"]),
        (replace(SORTED, loader="random"), []),
        (replace(SORTED, loader="custom"), []),
        (replace(SORTED, blocks=False), []),
        (replace(SORTED, labels=63), ["unseen"]),
        (replace(SORTED, iterations=2), ["unseen"]),
        (replace(SORTED, runs=113), []),
        (replace(SORTED, within=0.5), []),
        (replace(SORTED, within=0.0, labels=128, runs=12), ["found"]),
        (replace(SORTED, classes=2, repeated=False), []),
        (replace(SORTED, classes=2, repeated=False, loader="sequential"), ["found"]),
        (LONG, ["found"]),
        (replace(LONG, iterations=15), []),
        (replace(LONG, later_pure=3), []),
        (replace(LONG, later_pure=2, later_iterations=2), []),
        (replace(LONG, later_classes=2), []),
        (replace(LONG, later_classes=2, loader="sequential"), ["found"]),
    ],
)
def test_label_order(line: LabelsOrdered, answer: list[str]) -> None:
    assert kinds(training_data_in_label_order, LabelOrder((line,))) == answer


@pytest.mark.parametrize(
    ("evaluations", "answer"),
    [
        ((MIXED,), ["found"]),
        ((CLEAN,), []),
        ((replace(MIXED, rows=31, trained=10),), ["unseen"]),
        ((replace(MIXED, trained=4, rows=40),), []),
        ((replace(MIXED, trained=19),), []),
        ((replace(MIXED, trained=20, duplicates=7),), []),
        ((replace(MIXED, training_known=0.49),), ["unseen"]),
        ((replace(MIXED, source="training"),), []),
        ((replace(MIXED, trained=350),), ["unseen"]),
        ((replace(MIXED, trained=350), CLEAN), []),
        ((replace(MIXED, trained=340),), ["found"]),
        ((replace(MIXED, trained=200, training_known=0.8),), ["unseen"]),
        ((replace(MIXED, trained=180, training_known=0.8),), ["found"]),
        ((replace(MIXED, trained=400, source="own"),), ["found"]),
        ((replace(MIXED, trained=400, source="own"), CLEAN), []),
        ((replace(MIXED, rows=1000, trained=1000, source="own"),), ["unseen"]),
        ((replace(MIXED, rows=1400, trained=1000),), ["unseen"]),
    ],
)
def test_evaluated_rows(evaluations: tuple[RowsCompared, ...], answer: list[str]) -> None:
    assert kinds(training_samples_in_validation, EvaluatedRows(evaluations)) == answer


def scales(*, batches: int = 3, measured: InputsMeasured = INPUT, losses: tuple[LossCompared, ...] = (LOSS,)) -> object:
    return InputScales(((measured,) * batches,), (losses,), ())


def late(loss: float) -> tuple[LossCompared, ...]:
    return tuple(replace(LOSS, step=step, loss=loss) for step in (0, 1, 2, 16, 32, 64))


@pytest.mark.parametrize(
    ("fact", "answer"),
    [
        (scales(), ["found"]),
        (scales(batches=1), ["unseen"]),
        (scales(measured=replace(INPUT, largest_scale=29.0)), []),
        (scales(measured=replace(INPUT, normalizes=True)), []),
        (scales(losses=(replace(LOSS, loss=3.2),)), []),
        (scales(losses=(replace(LOSS, loss=3.4),)), ["found"]),
        (scales(losses=late(1.06)), ["found"]),
        (scales(losses=late(1.04)), []),
        (scales(losses=late(1.06)[:5]), []),
    ],
)
def test_input_scales(fact: InputScales, answer: list[str]) -> None:
    assert kinds(unscaled_inputs, fact) == answer
