"""What is asked of runs: `val_loss<0.3`, `status=failed`, `lr=0.1`; understood, with all mistakes told at once."""

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from wellfit.errors import raise_all
from wellfit.runs.index.rows import value_of
from wellfit.runs.index.schema import COLUMNS, NUMBERS

Kind = Literal["column", "metric", "option"]

ORDERED = frozenset({"id", "started"})
"""Columns of text in which `<` means before."""

BEGUN = frozenset({"id", "commit", "started"})
"""Columns in which `=` takes the beginning: nobody types the whole of it."""

_CONDITION = re.compile(r"\s*(?P<name>[^<>=!~]+?)\s*(?P<sign><=|>=|!=|==|=|<|>|~)\s*(?P<value>.*?)\s*", re.DOTALL)
_ORDERING = ("<", "<=", ">", ">=")
_KINDS = ("column", "metric", "option")


@dataclass(frozen=True, slots=True)
class Field:
    """What a condition or an order is about.

    Args:
        kind: where it stands.
        name: of the column, or of the metric or option as the script calls it; a metric's last value is called `NAME`,
            its best one `NAME.best`.
        key: of its values; 0 for a column.
        higher_is_better: None where nobody knows.
    """

    kind: Kind
    name: str
    key: int = 0
    higher_is_better: bool | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition.

    Args:
        field: that is compared.
        sign: one of `< <= > >= = != ~`, the last one for a text that contains another.
        number: that it is compared with; None where that is a text.
        text: that it is compared with; None where that is a number alone.
    """

    field: Field
    sign: str
    number: float | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Order:
    """By what runs are sorted.

    Args:
        field: those without it come last.
        descending: the largest first.
    """

    field: Field
    descending: bool


def parse_query(where: Sequence[str], sort: str | None, known: Sequence[Field]) -> tuple[list[Condition], Order | None]:
    """Read the conditions and the order.

    Args:
        where: conditions, all of which must hold. A run without the metric or option fulfils none on it, `!=` included.
        sort: a name; smallest first, but for metrics of which more is known to be better. `-NAME` turns that round,
            `NAME:asc` and `NAME:desc` say it.
        known: metrics and options that there are.

    Raises:
        UsageError: a name is unknown or stands for two things, or a condition is none; all mistakes at once.
    """
    mistakes: list[str] = []
    conditions = [found for text in where if (found := _condition(text, known, mistakes))]
    order = _order(sort, known, mistakes) if sort else None
    raise_all(mistakes)
    return conditions, order


def _condition(text: str, known: Sequence[Field], mistakes: list[str]) -> Condition | None:
    found = _CONDITION.fullmatch(text)
    if not found:
        mistakes.append(f"{text!r} is no condition: one is a name, one of < <= > >= = != ~, and a value")
        return None
    field = _field(found["name"], known, mistakes)
    if not field:
        return None
    sign = "=" if found["sign"] == "==" else found["sign"]
    number, words = _value(field, found["value"])
    if sign in _ORDERING and number is None and not (field.kind == "column" and field.name in ORDERED):
        mistakes.append(f"{text!r}: {sign} compares with a number, got {found['value']!r}")
        return None
    if field.kind == "column" and field.name in NUMBERS and number is None:
        mistakes.append(f"{text!r}: {field.name} is a number, got {found['value']!r}")
        return None
    return Condition(field, sign, number, found["value"] if sign == "~" else words)


def _value(field: Field, value: str) -> tuple[float | None, str | None]:
    """Number and text, as the index holds them."""
    if field.kind == "column" and field.name not in NUMBERS:
        return None, value
    lower = value.lower()
    if field.kind == "column" and field.name == "dirty" and lower in ("yes", "true", "no", "false"):
        return float(lower in ("yes", "true")), None
    if lower in ("true", "false"):
        return float(lower == "true"), lower
    return (None, lower) if lower in ("none", "nan") else value_of(value)


def _order(sort: str, known: Sequence[Field], mistakes: list[str]) -> Order | None:
    name, _, direction = sort.rpartition(":")
    if direction not in ("asc", "desc"):
        name, direction = sort, ""
    turned = name.startswith("-") and not direction
    field = _field(name[1:] if turned else name, known, mistakes)
    if not field:
        return None
    natural = bool(field.higher_is_better)
    return Order(field, direction == "desc" if direction else natural != turned)


def _field(word: str, known: Sequence[Field], mistakes: list[str]) -> Field | None:
    kind, sign, name = word.partition(":")
    wanted = (kind,) if sign and kind in _KINDS else _KINDS
    name = name if sign and kind in _KINDS else word
    if "column" in wanted and name in COLUMNS:
        return Field("column", name)
    found = [field for field in known if field.name == name and field.kind in wanted]
    if len(found) == 1:
        return found[0]
    if found:
        mistakes.append(f"{name} is a metric and an option: write metric:{name} or option:{name}")
    else:
        mistakes.append(f"no column, metric or option is called {word}{_nearest(name, known)}")
    return None


def _nearest(name: str, known: Iterable[Field]) -> str:
    names = sorted({*COLUMNS, *(n.name for n in known)})
    close = difflib.get_close_matches(name.lower(), names, n=1)
    return f" (did you mean {close[0]}?)" if close else ""
