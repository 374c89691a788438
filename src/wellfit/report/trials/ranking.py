"""Trials in the order of how well they did, and the shade that each is drawn in."""

from collections.abc import Iterable, Mapping

from wellfit.model.knob import Knob, Value
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import Tuned
from wellfit.report.axis import Axis, held_within, number
from wellfit.report.tuned_words import setting

SHADES = 6
"""From `q0`, the best, to `q5`; more cannot be told apart."""

HIGHLIGHTED = 5
"""Trials that are drawn heavily."""

LONGEST_NAME = 18
"""Characters of a name that have room beside an axis."""

TYPICAL = 0.5
"""Share of the trials that is drawn at its place for certain."""

ROOM = 2.0
"""How far beyond these is drawn, in their distance from the best: what lies further off stands at the rim."""

LOG_RATIO = 8.0
"""A positive range wider than this is read best in powers of ten."""


def ranked(plan: StudyPlan, trials: Iterable[TrialSeen]) -> tuple[TrialSeen, ...]:
    """Whole trials, the best first; of equal ones the first."""
    whole = [t for t in trials if t.end == "done" and t.value is not None]
    sign = -1 if plan.higher_is_better else 1
    return tuple(sorted(whole, key=lambda t: (sign * (t.value or 0.0), t.slot)))


def shades(plan: StudyPlan, trials: Iterable[TrialSeen]) -> Mapping[int, str]:
    """The shade of each whole trial, by its slot."""
    order = ranked(plan, trials)
    return {t.slot: f"q{min(SHADES - 1, place * SHADES // len(order))}" for place, t in enumerate(order)}


def values_of(plan: StudyPlan, trial: TrialSeen) -> Mapping[str, Value]:
    """The setting of a trial; the script's own where it is that, as far as that is known."""
    return trial.values or (plan.seen.present if trial.slot == 0 else {})


def by_importance(answer: Tuned) -> tuple[Knob, ...]:
    """The knobs, what matters most first; as they were given where nobody knows."""
    return tuple(sorted(answer.plan.knobs, key=lambda knob: -answer.importance.get(knob.key, 0.0)))


def short(name: str) -> str:
    """The end of a long name, which tells most: `…encoder.dropout`."""
    return name if len(name) <= LONGEST_NAME else f"…{name[1 - LONGEST_NAME :]}"


def words_of(plan: StudyPlan, trial: TrialSeen) -> str:
    """A trial in a sentence, for who points at it."""
    name = "the script's own setting" if trial.slot == 0 else f"trial {trial.slot}"
    value = f"{plan.metric} {number(trial.value)}" if trial.value is not None else (trial.end or "open")
    values = setting(plan, values_of(plan, trial))
    return f"{name}: {value}" + (f" with {values}" if values else "")


def class_of(answer: Tuned, trial: TrialSeen) -> str:
    """How a trial is drawn: as the winner, as the script's own, or as one of the others."""
    if trial.slot == answer.best:
        return "best"
    return "own" if trial.slot == 0 else ""


def metric_axis(answer: Tuned, *, start: float, end: float, more: Iterable[float] = ()) -> Axis:
    """An axis of the metric, on which the best has room and outliers stand at the rim.

    Args:
        answer: of the search.
        start: of the lowest value, in drawing units.
        end: of the highest.
        more: values that shall lie on it beside those that trials ended at, as far as they are not far off.
    """
    order = [held_within(t.value) for t in ranked(answer.plan, answer.trials) if t.value is not None]
    if not order:
        return Axis(0.0, 1.0, start, end)
    far = abs(order[min(len(order) - 1, int(TYPICAL * len(order)))] - order[0])
    own = answer.own.value if answer.own is not None and answer.own.value is not None else order[0]
    rim = max(ROOM * far, abs(held_within(own) - order[0]), 1e-12)
    near = [v for v in (*order, *map(held_within, more)) if abs(v - order[0]) <= rim]
    low, high = min(near), max(near)
    if low > 0 and high / low > LOG_RATIO:
        return Axis(low / 1.15, high * 1.15, start, end, is_log=True)
    room = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return Axis(low - room, high + room, start, end)


def on(axis: Axis, value: float) -> float:
    """The position of a value, at the rim where it lies beyond."""
    return axis.at(max(axis.low, min(axis.high, held_within(value))))
