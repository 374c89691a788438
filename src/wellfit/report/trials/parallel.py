"""All knobs and the metric side by side, a line through them for each trial."""

from collections.abc import Iterator
from dataclasses import dataclass

from wellfit.model.study import TrialSeen
from wellfit.model.tuned import Tuned
from wellfit.report.axis import Axis, Tick
from wellfit.report.trials.ranking import (
    by_importance,
    class_of,
    metric_axis,
    on,
    ranked,
    shades,
    short,
    values_of,
    words_of,
)
from wellfit.report.trials.scale import Scale

WIDTH, HEIGHT, SIDE, TOP, BOTTOM = 760, 320, 46, 46, 22
"""Of the drawing, in its own units; the axes stand within `SIDE`, `TOP` and `BOTTOM`."""

MOST_TRIALS = 400
"""Lines that are drawn, the best ones: more cannot be followed."""

STAGGERED = 6
"""Axes from which on every other name stands higher, so that none runs into the next."""


@dataclass(frozen=True, slots=True)
class Pole:
    """One axis.

    Args:
        x: position.
        name: of the knob or the metric.
        name_y: where that is written.
        ticks: values.
    """

    x: float
    name: str
    name_y: float
    ticks: tuple[Tick, ...]


@dataclass(frozen=True, slots=True)
class Thread:
    """One trial.

    Args:
        path: SVG path.
        shade: its colour.
        kind: `best`, `own`, `cut` where it has no value of the metric, or nothing.
        words: the trial in a sentence.
    """

    path: str
    shade: str
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Parallel:
    """The drawing.

    Args:
        poles: one for each knob, what matters most next to the metric, which comes last.
        threads: the worst first.
        left_out: trials that are not drawn.
        words: the drawing in a sentence.
    """

    poles: tuple[Pole, ...]
    threads: tuple[Thread, ...]
    left_out: int
    words: str


def draw(answer: Tuned) -> Parallel | None:
    """The drawing; None where no trial is whole, or no knob is moved.

    Args:
        answer: of a search.
    """
    order = ranked(answer.plan, answer.trials)
    knobs = by_importance(answer)[::-1]
    if not order or not knobs:
        return None
    cut = [t for t in answer.trials if t.end in {"pruned", "diverged"}]
    drawn = [*cut, *reversed(order)][-MOST_TRIALS:]
    places = [SIDE + n * (WIDTH - 2 * SIDE) / len(knobs) for n in range(len(knobs) + 1)]
    best_up = answer.plan.higher_is_better
    ends = (HEIGHT - BOTTOM, TOP) if best_up else (TOP, HEIGHT - BOTTOM)
    metric = metric_axis(answer, start=ends[0], end=ends[1])
    scales = [Scale(knob, HEIGHT - BOTTOM, TOP) for knob in knobs]
    names = [*(knob.name for knob in knobs), answer.plan.metric]
    ticks = [*(scale.ticks() for scale in scales), metric.ticks()]
    poles = tuple(
        Pole(round(x, 1), short(name), _name_y(n, len(names)), found)
        for n, (x, name, found) in enumerate(zip(places, names, ticks, strict=True))
    )
    threads = tuple(_threads(answer, drawn, scales, [pole.x for pole in poles], metric))
    words = f"{len(threads)} trials over {', '.join(names)}."
    return Parallel(poles, threads, len(order) + len(cut) - len(drawn), words)


def _name_y(place: int, count: int) -> float:
    return TOP - (32 if count > STAGGERED and place % 2 else 14)


def _threads(
    answer: Tuned, drawn: list[TrialSeen], scales: list[Scale], places: list[float], metric: Axis
) -> Iterator[Thread]:
    shade = shades(answer.plan, answer.trials)
    for trial in drawn:
        values = values_of(answer.plan, trial)
        spots = [
            (x, y)
            for x, scale in zip(places, scales, strict=False)
            if scale.knob.key in values and (y := scale.at(values[scale.knob.key])) is not None
        ]
        whole = trial.slot in shade
        if whole:
            spots.append((places[-1], on(metric, trial.value or 0.0)))
        if len(spots) > 1:
            path = "M" + "L".join(f"{a:g} {b:g}" for a, b in spots)
            kind = class_of(answer, trial) if whole else "cut"
            yield Thread(path, shade.get(trial.slot, ""), kind, words_of(answer.plan, trial))
