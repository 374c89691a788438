"""A plan as text: what was detected, every value, the rule that set it, and where it comes from."""

from collections.abc import Iterator, Sequence
from typing import Any

from wellfit.recipes.adapt import Choice

HIDDEN = {"scaling", "samples", "epochs"}
"""Lines that explain others and set nothing themselves."""

WIDEST = 44
"""Characters of a value before it is cut."""


def show(title: str, head: Sequence[tuple[str, str]], choices: Sequence[Choice], notes: Sequence[str]) -> str:
    """The whole page.

    Args:
        title: the recipe in one line.
        head: what was detected and the run, by name.
        choices: the values.
        notes: sentences below the table.
    """
    shown = [c for c in choices if c.name not in HIDDEN]
    sources = list(dict.fromkeys(c.source for c in shown))
    numbers = {source: f"[{place}]" for place, source in enumerate(sources, 1)}
    marks = [f"{numbers[source]}{'' if _all_read(shown, source) else '*'} {source}" for source in sources]
    table = _table([(c.name, _cut(text_of(c)), numbers[c.source] + ("" if c.read else "*"), c.rule) for c in shown])
    facts = [f"{name:<10}{text}" for name, text in head]
    return "\n".join([title, "", *facts, "", *table, "", *marks, *(["", *notes] if notes else [])])


def _all_read(choices: Sequence[Choice], source: str) -> bool:
    return all(c.read for c in choices if c.source == source)


def _table(rows: list[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    for row in rows:
        yield "  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[-1]]).rstrip()


def _cut(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 3]}..."


def text_of(choice: Choice) -> str:
    """The value of a choice as people write it."""
    if choice.name == "warmup":
        return f"{choice.value} steps" if choice.value else "none"
    return words(choice.value)


def words(value: Any) -> str:
    """A value as people write it."""
    if value is None or (isinstance(value, (tuple, dict)) and not value):
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {words(each)}" for name, each in value.items())
    if isinstance(value, tuple):
        return (
            ", ".join(words(each) for each in value)
            if all(isinstance(v, str) for v in value)
            else f"({', '.join(words(v) for v in value)})"
        )
    return f"{value:g}" if isinstance(value, float) else str(value)
