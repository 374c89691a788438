"""What a printed score is computed of, by what constant answers are worth on each batch."""

import math
from collections.abc import Iterator, Sequence

from wellfit.model.events.deep import EvaluationPass, MetricTried, PrintedNumber
from wellfit.model.facts.deep import Reading, ReadScore

PERFECT = 0.995
"""Of the best value, which perfect answers must reach."""

RAISED = 0.1
"""Of the range, by which perfect answers must beat shuffled ones before a number is a score."""

ROUNDED = 0.51
"""Units of the last digit by which a printed number differs from what it was rounded from, at most."""

VISIBLE = 2.0
"""Units of the last digit from which on two values are not one value rounded twice."""

TINY = 1e-6
"""Of the range: additions in another order differ by less."""

FEWEST = 2
"""Different numbers that must show it: one alone may be met by chance."""

READINGS: tuple[Reading, ...] = ("batches", "last batch")


def count_scores(tried: MetricTried) -> int:
    """Numbers of which constant answers can tell what they are computed of."""
    return sum(_is_score(number) and number.constant is not None for number in tried.numbers)


def misread_scores(tried: MetricTried) -> Iterator[ReadScore]:
    """Scores each of whose numbers is that of another reading than all samples, one by line and position."""
    groups: dict[tuple[str, int], list[PrintedNumber]] = {}
    for number in tried.numbers:
        groups.setdefault((number.label, number.position), []).append(number)
    for group in groups.values():
        if all(map(_is_score, group)):
            found = (_read(group, reading, tried) for reading in READINGS)
            yield from [one for one in found if one is not None][:1]


def _is_score(number: PrintedNumber) -> bool:
    best = _best(number)
    perfect = abs(number.perfect - best) <= (1 - PERFECT) * best
    return perfect and number.perfect - number.shuffled >= RAISED * best


def _read(group: Sequence[PrintedNumber], reading: Reading, tried: MetricTried) -> ReadScore | None:
    constant = _matched([(n, n.constant) for n in group], tried.constant, reading)
    cut = _matched([(n, n.cut) for n in group], tried.cut, reading) if tried.cut else []
    if not constant or cut is None or not (_moves(group) if cut else len(group) == len(tried.constant)):
        return None
    values = {number.constant for number, _ in constant} | {number.cut for number, _ in cut}
    if len(values) < FEWEST:
        return None
    number, seen = constant[0]
    best = _best(number)
    other = cut[0][1] if cut else None
    return ReadScore(reading, number, best * _of(seen, reading), best * seen.of_all, seen, other, len(values))


def _moves(group: Sequence[PrintedNumber]) -> bool:
    """Whether other batches make another number of the same answers: of a score of all samples they never do."""
    pairs = ((n.constant, n.cut, n.unit) for n in group)
    return any(a is not None and b is not None and abs(a - b) >= VISIBLE * unit for a, b, unit in pairs)


def _matched(
    values: Sequence[tuple[PrintedNumber, float | None]], passes: Sequence[EvaluationPass], reading: Reading
) -> list[tuple[PrintedNumber, EvaluationPass]] | None:
    """The passes that the numbers were printed of, in their order; None where one of them fits none."""
    waiting = iter(passes)
    found = []
    for number, value in values:
        seen = None if value is None else next((p for p in waiting if _fits(number, value, p, reading)), None)
        if seen is None:
            return None
        found.append((number, seen))
    return found


def _fits(number: PrintedNumber, value: float, seen: EvaluationPass, reading: Reading) -> bool:
    best = _best(number)
    slack = max(ROUNDED * number.unit, TINY * best)
    read, of_all = best * _of(seen, reading), best * seen.of_all
    if not (math.isfinite(read) and math.isfinite(of_all)):
        return False
    return abs(value - read) <= slack and abs(value - of_all) >= max(VISIBLE * number.unit, 10 * TINY * best)


def _of(seen: EvaluationPass, reading: Reading) -> float:
    return seen.of_batches if reading == "batches" else seen.of_last


def _best(number: PrintedNumber) -> float:
    return 100.0 if number.percent else 1.0
