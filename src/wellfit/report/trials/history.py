"""The trials one after the other, and the best value so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import Tuned
from wellfit.report.axis import Tick, step_axis
from wellfit.report.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from wellfit.report.trials.ranking import class_of, metric_axis, on, words_of


@dataclass(frozen=True, slots=True)
class Dot:
    """One trial: its position, how it is drawn, and its numbers in a sentence."""

    x: float
    y: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class History:
    """The drawing.

    Args:
        path: SVG path of the best value so far.
        dots: whole trials.
        lost: positions on the axis of trials without a value, how they ended, and the trial in a sentence.
        x_ticks: numbers of trials.
        y_ticks: values of the metric.
        is_log: whether the metric stands in powers of ten.
        words: the drawing in a sentence.
    """

    path: str
    dots: tuple[Dot, ...]
    lost: tuple[tuple[float, str, str], ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    is_log: bool
    words: str


def draw(answer: Tuned) -> History | None:
    """The drawing; None where fewer than two trials are whole.

    Args:
        answer: of a search.
    """
    whole = [t for t in answer.trials if t.end == "done" and t.value is not None]
    if len(whole) < 2:  # noqa: PLR2004 - one is no course
        return None
    x = step_axis((t.slot for t in answer.trials), start=LEFT + 8, end=WIDTH - RIGHT)
    y = metric_axis(answer, start=HEIGHT - BOTTOM, end=TOP)
    bests = best_so_far(answer.plan, whole)
    spots = [(x.at(slot), on(y, value)) for slot, value in bests]
    path = f"M{spots[0][0]:g} {spots[0][1]:g}" + "".join(f"H{a:g}V{b:g}" for a, b in spots[1:]) + f"H{x.end:g}"
    dots = tuple(Dot(x.at(t.slot), on(y, t.value or 0.0), class_of(answer, t), words_of(answer.plan, t)) for t in whole)
    lost = tuple((x.at(t.slot), str(t.end), words_of(answer.plan, t)) for t in answer.trials if t not in whole)
    found = f"The best of {len(whole)} whole trials is {bests[-1][0]}."
    return History(path, dots, lost, x.ticks(), y.ticks(), y.is_log, found)


def best_so_far(plan: StudyPlan, whole: Sequence[TrialSeen]) -> list[tuple[int, float]]:
    """Slot and value of each trial that was better than all before it, in the order of slots."""
    sign = -1 if plan.higher_is_better else 1
    best, found = math.inf, []
    for trial in sorted(whole, key=lambda t: t.slot):
        if trial.value is not None and sign * trial.value < best:
            best = sign * trial.value
            found.append((trial.slot, trial.value))
    return found
