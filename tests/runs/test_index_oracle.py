"""Random questions, answered by the index and by a look at every record."""

import math
import operator
import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from records import draft, metric, option

from wellfit.model.record import RunRecord
from wellfit.runs.index.conditions import parse_query
from wellfit.runs.index.opening import open_memory
from wellfit.runs.index.rows import put
from wellfit.runs.index.search import names, search

SIGNS: dict[str, Callable] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}
NUMBERED = ("val_loss", "acc", "lr", "elapsed")
WORDED = {"status": ["done", "failed", "killed"], "script": ["a", "b"], "opt": ["sgd", "adam"]}
NAN = float("nan")


def make(index: int, rng: random.Random) -> RunRecord:
    def some(value: object) -> bool:
        return rng.random() < 0.8

    values = [
        option(name, value) for name, value in (("lr", rng.choice([1, 0.1, 0.01])), ("opt", rng.choice(WORDED["opt"])))
    ]
    metrics = [metric(name, rng.choice([0.1, 0.2, 0.3, 0.3, NAN])) for name in ("val_loss", "acc")]
    return draft(
        id=f"20260301-{index:06}-aaaa",
        started=f"2026-03-01T00:{index // 60:02}:{index % 60:02}.000000+00:00",
        status=rng.choice(WORDED["status"]),
        script=rng.choice(WORDED["script"]),
        elapsed_s=rng.choice([0.1, 0.2, 0.3, None]),
        options=tuple(filter(some, values)),
        metrics=tuple(filter(some, metrics)),
    )


RNG = random.Random(0)
RECORDS = [make(index, RNG) for index in range(150)]


@pytest.fixture(scope="module")
def db() -> Iterator[sqlite3.Connection]:
    with open_memory() as db:
        for record in RNG.sample(RECORDS, len(RECORDS)):
            put(db, replace(record, status="running", options=(), metrics=metric_of_the_start(record)))
        for record in RECORDS:
            put(db, record)
        yield db


def metric_of_the_start(record: RunRecord) -> tuple:
    return (metric("val_loss", 9.0), metric("gone", 1.0))


def value_of(record: RunRecord, name: str) -> object:
    """What the question is about; None where the run has none."""
    found = {"status": record.status, "script": record.script, "elapsed": record.elapsed_s}
    found |= {option.name: option.value for option in record.options}
    found |= {metric.name: metric.last for metric in record.metrics}
    return found.get(name)


def holds(record: RunRecord, name: str, sign: str, value: object) -> bool:
    mine = value_of(record, name)
    return mine is not None and SIGNS[sign](mine, value)


def condition(rng: random.Random) -> tuple[str, str, object]:
    if rng.random() < 0.3:
        name = rng.choice(list(WORDED))
        return name, rng.choice(["=", "!="]), rng.choice(WORDED[name])
    return rng.choice(NUMBERED), rng.choice(list(SIGNS)), rng.choice([0.1, 0.2, 0.3, 1])


def rank(record: RunRecord, sort: str | None, *, descending: bool) -> tuple:
    value = value_of(record, sort) if sort else None
    late = -RECORDS.index(record)
    if not isinstance(value, (int, float)) or math.isnan(value):
        return (1, 0, late) if sort else (0, 0, late)
    return 0, -value if descending else value, late


@pytest.mark.parametrize("few", [0, 20, 10**6])
@pytest.mark.parametrize("seed", range(150))
def test_index_answers_as_a_look_at_every_record_does(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, few: int, seed: int
) -> None:
    monkeypatch.setattr("wellfit.runs.index.search.FEW", few)
    rng = random.Random(seed)
    asked = [condition(rng) for _ in range(rng.randrange(4))]
    sort, descending = rng.choice([None, *NUMBERED]), rng.random() < 0.5
    limit = rng.choice([1, 5, 20, 1000])
    where = [f"{name}{sign}{value}" for name, sign, value in asked]
    conditions, order = parse_query(where, f"{sort}:{'desc' if descending else 'asc'}" if sort else None, names(db))
    found = [run.id for run in search(db, conditions, order, limit)]
    wanted = [record for record in RECORDS if all(holds(record, *one) for one in asked)]
    wanted.sort(key=lambda record: rank(record, sort, descending=descending))
    assert found == [record.id for record in wanted[:limit]], (where, sort, descending)
