"""The metric over each trial: the best ones heavily, those that were ended early faintly."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from wellfit.model.study import TrialSeen
from wellfit.model.tuned import Tuned
from wellfit.report.axis import Tick, step_axis
from wellfit.report.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH
from wellfit.report.trials.ranking import HIGHLIGHTED, metric_axis, on, ranked, words_of


@dataclass(frozen=True, slots=True)
class Course:
    """One trial.

    Args:
        path: SVG path.
        kind: `best`, `own`, `top`, `whole` or `cut`, which was ended early.
        words: the trial in a sentence.
        end: where it ended.
    """

    path: str
    kind: str
    words: str
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Courses:
    """The drawing.

    Args:
        lines: the faintest first.
        x_ticks: numbers of evaluations.
        y_ticks: values of the metric.
        is_log: whether the metric stands in powers of ten.
        words: the drawing in a sentence.
    """

    lines: tuple[Course, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    is_log: bool
    words: str


ORDER = ("cut", "whole", "top", "own", "best")


def draw(answer: Tuned) -> Courses | None:
    """The drawing; None where no trial has two values.

    Args:
        answer: of a search.
    """
    courses = {t.slot: points for t in answer.trials if len(points := _finite(t)) > 1}
    if not courses:
        return None
    x = step_axis((step for course in courses.values() for step in course), start=LEFT, end=WIDTH - RIGHT)
    seen = (value for course in courses.values() for value in course.values())
    y = metric_axis(answer, start=HEIGHT - BOTTOM, end=TOP, more=seen)
    top = {t.slot for t in ranked(answer.plan, answer.trials)[:HIGHLIGHTED]}

    def lines() -> Iterator[Course]:
        for trial in answer.trials:
            if trial.slot in courses:
                spots = [(x.at(step), on(y, value)) for step, value in sorted(courses[trial.slot].items())]
                path = "M" + "L".join(f"{a:g} {b:g}" for a, b in spots)
                yield Course(path, _kind(answer, trial, top), words_of(answer.plan, trial), spots[-1])

    drawn = sorted(lines(), key=lambda line: ORDER.index(line.kind))
    words = f"{answer.plan.metric} over {len(courses)} trials as they ran."
    return Courses(tuple(drawn), x.ticks(), y.ticks(), y.is_log, words)


def _finite(trial: TrialSeen) -> Mapping[int, float]:
    return {step: value for step, value in trial.course.items() if math.isfinite(value)}


def _kind(answer: Tuned, trial: TrialSeen, top: set[int]) -> str:
    if trial.slot == answer.best:
        return "best"
    if trial.slot == 0:
        return "own"
    return "top" if trial.slot in top else "whole" if trial.end == "done" else "cut"
