"""How much each pair of knobs does together that neither does alone; and the strongest pair, trial by trial."""

from dataclasses import dataclass

from wellfit.model.knob import Knob
from wellfit.model.tuned import Interaction, Tuned
from wellfit.report.axis import Tick
from wellfit.report.trials.history import Dot
from wellfit.report.trials.ranking import by_importance, class_of, ranked, shades, short, values_of, words_of
from wellfit.report.trials.scale import Scale
from wellfit.report.tuned_words import interaction

CELL, LABEL, BELOW = 62, 126, 84
"""Side of a cell of the heat map, and the room for a name beside it and below it."""

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 380, 300, 62, 18, 16, 40
"""Of the drawing of one pair, in its own units."""

FULLEST = 0.4
"""Share of the variance from which on a cell is drawn at its full strength."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One pair: its position, share, strength of colour from 0 to 1, and what it says."""

    x: float
    y: float
    label: str
    strength: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Heat:
    """The heat map.

    Args:
        cells: pairs, below the diagonal.
        rows: position and name of each row.
        columns: the same of each column.
        width: of the drawing.
        height: of the drawing.
        words: the drawing in a sentence.
    """

    cells: tuple[Cell, ...]
    rows: tuple[tuple[float, str], ...]
    columns: tuple[tuple[float, str], ...]
    width: float
    height: float
    words: str


@dataclass(frozen=True, slots=True)
class Plane:
    """Two knobs, a dot for each trial.

    Args:
        first: name of the knob from left to right.
        second: name of the one upwards.
        dots: trials; those without a value have the kind `cut`.
        shades: of the dots.
        x_ticks: values of the first.
        y_ticks: values of the second.
        words: what the pair does.
    """

    first: str
    second: str
    dots: tuple[Dot, ...]
    shades: tuple[str, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    words: str


def draw_heat(answer: Tuned) -> Heat | None:
    """The heat map; None where no pair does more than chance explains.

    Args:
        answer: of a search.
    """
    if not any(pair.is_told for pair in answer.interactions):
        return None
    paired = {key for pair in answer.interactions for key in (pair.first, pair.second)}
    names = [knob for knob in by_importance(answer) if knob.key in paired]
    by_pair = {frozenset((pair.first, pair.second)): pair for pair in answer.interactions}
    found = [
        _cell(pair, LABEL + column * CELL, (row - 1) * CELL)
        for row, one in enumerate(names)
        for column, other in enumerate(names[:row])
        if (pair := by_pair.get(frozenset((one.key, other.key))))
    ]
    height = (len(names) - 1) * CELL
    rows = tuple(((n + 0.5) * CELL, short(knob.name)) for n, knob in enumerate(names[1:]))
    columns = tuple((LABEL + (n + 0.5) * CELL, short(knob.name)) for n, knob in enumerate(names[:-1]))
    words = "; ".join(interaction(pair) for pair in answer.interactions[:3] if pair.is_told)
    return Heat(tuple(found), rows, columns, LABEL + height, height + BELOW, words)


def _cell(pair: Interaction, x: float, y: float) -> Cell:
    if not pair.is_told:
        return Cell(x, y, "·", 0.0, "chance", interaction(pair))
    strength = round(min(1.0, pair.share / FULLEST), 2)
    return Cell(x, y, f"{pair.share:.0%}", strength, "replace" if pair.replaces else "support", interaction(pair))


def draw_plane(answer: Tuned) -> Plane | None:
    """The strongest pair, or the two knobs that matter most; None where there are no two.

    Args:
        answer: of a search.
    """
    knobs = _pair(answer)
    if len(knobs) < 2 or not ranked(answer.plan, answer.trials):  # noqa: PLR2004 - a plane has two sides
        return None
    x, y = Scale(knobs[0], LEFT + 18, WIDTH - RIGHT), Scale(knobs[1], HEIGHT - BOTTOM, TOP)
    shade = shades(answer.plan, answer.trials)
    dots, colours = [], []
    for trial in (*(t for t in answer.trials if t.slot not in shade), *ranked(answer.plan, answer.trials)[::-1]):
        values = values_of(answer.plan, trial)
        if all(knob.key in values for knob in knobs):
            spot = (x.at(values[knobs[0].key]), y.at(values[knobs[1].key]))
            if spot[0] is not None and spot[1] is not None:
                kind = class_of(answer, trial) if trial.slot in shade else "cut"
                dots.append(Dot(spot[0], spot[1], kind, words_of(answer.plan, trial)))
                colours.append(shade.get(trial.slot, ""))
    said = interaction(strongest) if (strongest := _strongest(answer)) else f"{knobs[0].name} and {knobs[1].name}"
    return Plane(knobs[0].name, knobs[1].name, tuple(dots), tuple(colours), x.ticks(), y.ticks(), said)


def _strongest(answer: Tuned) -> Interaction | None:
    return next((pair for pair in answer.interactions if pair.is_told), None)


def _pair(answer: Tuned) -> tuple[Knob, ...]:
    if strongest := _strongest(answer):
        by_key = {knob.key: knob for knob in answer.plan.knobs}
        return by_key[strongest.first], by_key[strongest.second]
    return by_importance(answer)[:2]
