"""constant-init on facts written by hand: both sides of each threshold."""

from dataclasses import replace

import pytest

from wellfit.model.events.init import ConstantRows, RowsWatched
from wellfit.model.facts.init import WeightRows
from wellfit.model.place import Place
from wellfit.model.rule import Finding
from wellfit.rules.init.constant_init.rule import constant_init

HERE = Place("/program/train.py", 7, "<module>")
TOGETHER = ConstantRows("0.weight", (32, 64), 0.05, 5, 5, 5, 0.07, 0.0, HERE)
STILL = replace(TOGETHER, value=0.0, moving=0, agreeing=0, moved=0.0)


@pytest.mark.parametrize(
    ("weights", "constant", "expected"),
    [
        (2, (TOGETHER,), ["found"]),
        (2, (replace(TOGETHER, agreeing=4),), []),
        (2, (replace(TOGETHER, looks=4, agreeing=4),), ["unseen"]),
        (2, (replace(TOGETHER, spread=0.006),), ["found"]),
        (2, (replace(TOGETHER, spread=0.008),), []),
        (2, (replace(TOGETHER, moved=0.0),), []),
        (2, (STILL, STILL), ["found"]),
        (3, (STILL, STILL), []),
        (1, (STILL,), []),
        (2, (), []),
    ],
)
def test_equal_rows(weights: int, constant: tuple[ConstantRows, ...], expected: list[str]) -> None:
    fact = WeightRows(RowsWatched(9, 5, weights, len(constant), constant))
    assert ["found" if isinstance(a, Finding) else "unseen" for a in constant_init.function(fact)] == expected
