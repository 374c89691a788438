"""The metric over each knob."""

from collections.abc import Iterator
from dataclasses import dataclass

from wellfit.model.knob import Knob
from wellfit.model.study import TrialSeen
from wellfit.model.tuned import Tuned
from wellfit.report.axis import Axis, Tick
from wellfit.report.trials.history import Dot
from wellfit.report.trials.ranking import by_importance, class_of, metric_axis, on, ranked, values_of, words_of
from wellfit.report.trials.scale import Scale

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 360, 210, 52, 18, 14, 30
"""Of one drawing, in its own units."""


@dataclass(frozen=True, slots=True)
class Slice:
    """The drawing of one knob.

    Args:
        name: of it.
        share: of it in what matters; None where nobody knows.
        dots: whole trials.
        lost: positions of trials without a value, how they ended, and the trial in a sentence.
        own: where the script's own value stands; None where it has none.
        is_log: whether the metric stands in powers of ten.
        x_ticks: values of the knob.
        y_ticks: values of the metric.
        words: the drawing in a sentence.
    """

    name: str
    share: float | None
    dots: tuple[Dot, ...]
    lost: tuple[tuple[float, str, str], ...]
    own: float | None
    is_log: bool
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    words: str


def draw(answer: Tuned) -> tuple[Slice, ...]:
    """The drawings, what matters most first; none where no trial is whole.

    Args:
        answer: of a search.
    """
    if not ranked(answer.plan, answer.trials):
        return ()
    y = metric_axis(answer, start=HEIGHT - BOTTOM, end=TOP)
    return tuple(_slice(answer, knob, y) for knob in by_importance(answer))


def _slice(answer: Tuned, knob: Knob, y: Axis) -> Slice:
    x = Scale(knob, LEFT + 14, WIDTH - RIGHT)
    present = answer.plan.seen.present.get(knob.key)
    placed = list(_placed(answer, x))
    order = list(reversed(ranked(answer.plan, answer.trials)))
    spots = {trial.slot: at for trial, at in placed}
    dots = [
        Dot(spots[t.slot], on(y, t.value or 0.0), class_of(answer, t), words_of(answer.plan, t))
        for t in order
        if t.slot in spots
    ]
    lost = [(at, str(t.end), words_of(answer.plan, t)) for t, at in placed if t not in order]
    return Slice(
        name=knob.name,
        share=answer.importance.get(knob.key),
        dots=tuple(sorted(dots, key=lambda dot: dot.kind)),
        lost=tuple(lost),
        own=None if present is None else x.at(present),
        is_log=y.is_log,
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        words=f"{answer.plan.metric} over {knob.name} in {len(dots)} whole trials.",
    )


def _placed(answer: Tuned, x: Scale) -> Iterator[tuple[TrialSeen, float]]:
    for trial in answer.trials:
        values = values_of(answer.plan, trial)
        at = x.at(values[x.knob.key]) if x.knob.key in values else None
        if at is not None:
            yield trial, at
