"""What `wellfit tune` found, for a terminal."""

from collections.abc import Iterator, Mapping, Sequence

from rich.text import Text

from wellfit.model.knob import Knob, Value
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import Tuned
from wellfit.report.answer import NARROWEST, render_answer
from wellfit.report.axis import number
from wellfit.report.naming import on_one_line, plural
from wellfit.report.scatter import BEST, MARGIN, OTHER, OWN, Spot, scatter
from wellfit.report.tuned_words import facts, headline, spelled

LISTED = 8
"""Trials that the terminal shows."""

LONGEST_CELL = 18
"""Characters of a choice, or of a name, that the table shows."""


def render(answer: Tuned, *, width: int = 100, color: bool = False) -> str:
    """The best setting, what fresh seeds say of it, what matters, and the best trials.

    Args:
        answer: whatever was found.
        width: columns of the terminal.
        color: use ANSI colours.
    """
    width = max(width, NARROWEST)
    parts = [Text(drawn), Text(legend(answer), "dim"), Text()] if (drawn := drawing(answer, width)) else []
    if answer.best is not None:
        parts.append(Text("\n".join(_table(answer, width))))
    found = answer.verdict == "better"
    return render_answer(headline(answer), facts(answer), parts, answer.notices, found=found, width=width, color=color)


def drawing(answer: Tuned, columns: int) -> str:
    """The metric over the knob that matters most; empty where a table says as much.

    Args:
        answer: of a search.
        columns: of the terminal.
    """
    knob = drawn_knob(answer)
    values = {trial.value for trial in answer.trials if trial.end == "done"}
    if knob is None or len(values) == 1:
        return ""
    spots = sorted(_spots(answer, knob), key=lambda spot: (OTHER, OWN, BEST).index(spot.sign))
    return scatter(spots, knob, columns=columns, higher_is_better=answer.plan.higher_is_better)


def drawn_knob(answer: Tuned) -> Knob | None:
    """The range that matters most; the first one where nobody knows."""
    ranges = [knob for knob in answer.plan.knobs if not knob.choices]
    return max(ranges, key=lambda knob: answer.importance.get(knob.key, 0.0), default=None)


def _spots(answer: Tuned, knob: Knob) -> Iterator[Spot]:
    for trial in answer.trials:
        values = trial.values or (answer.plan.seen.present if trial.slot == 0 else {})
        at = values.get(knob.key)
        if trial.end == "done" and trial.value is not None and at is not None and not isinstance(at, str):
            yield Spot(at, trial.value, BEST if trial.slot == answer.best else OWN if trial.slot == 0 else OTHER)


def legend(answer: Tuned) -> str:
    """What the drawing shows."""
    knob = drawn_knob(answer)
    name = "" if knob is None else f" over {_cut(knob.name)}"
    return f"{' ' * MARGIN}{_cut(answer.plan.metric)}{name}: {OTHER} trials  {OWN} own  {BEST} best"


def _table(answer: Tuned, width: int) -> Iterator[str]:
    """The best trials, and the script's own; knobs that have no room are left out, what matters least first."""
    plan = answer.plan
    sign = -1 if plan.higher_is_better else 1
    whole = sorted(
        (t for t in answer.trials if t.value is not None and t.end == "done"), key=lambda t: sign * (t.value or 0)
    )
    shown = whole[:LISTED]
    shown += [trial for trial in whole if trial.slot == 0 and trial not in shown]
    columns = [
        _column(knob, [t.values or (plan.seen.present if not t.slot else {}) for t in shown]) for knob in plan.knobs
    ]
    first = [["trial", *("own" if t.slot == 0 else str(t.slot) for t in shown)]]
    first.append([_cut(plan.metric), *(number(t.value or 0.0) for t in shown)])
    last = [["run", *(t.run[-4:] for t in shown)]]
    kept = _fitting(answer, columns, width - _width([*first, *last]))
    for row in zip(*(first + kept + last), strict=True):
        widths = (max(map(len, column)) for column in (*first, *kept, *last))
        yield "  ".join(cell.rjust(room) for cell, room in zip(row, widths, strict=True))
    if len(kept) < len(columns):
        yield f"{plural(len(columns) - len(kept), 'more hyperparameter')} of each: -o tune.html shows all"


def _column(knob: Knob, settings: Sequence[Mapping[str, Value]]) -> list[str]:
    return [_cut(knob.name), *(_cut(spelled(s[knob.key])) if knob.key in s else "-" for s in settings)]


def _cut(text: str) -> str:
    text = on_one_line(text)
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _width(columns: Sequence[Sequence[str]]) -> int:
    return sum(2 + max(map(len, column)) for column in columns) - 2


def _fitting(answer: Tuned, columns: Sequence[list[str]], room: int) -> list[list[str]]:
    """The columns that have room, in the order of the knobs."""
    keys = [knob.key for knob in answer.plan.knobs]
    by_share = sorted(range(len(columns)), key=lambda n: -answer.importance.get(keys[n], 0.0))
    taken: list[int] = []
    for n in by_share:
        room -= 2 + max(map(len, columns[n]))
        if room < 0:
            break
        taken.append(n)
    return [columns[n] for n in sorted(taken)]


def plan_lines(plan: StudyPlan, notices: Sequence[str]) -> Iterator[str]:
    """What will be searched."""
    better = "higher" if plan.higher_is_better else "lower"
    yield f"{plan.script}: {plural(plan.trials, 'whole run')}, for a {better} {plan.metric}"
    for knob in plan.knobs:
        yield f"  {describe(knob)}"
    for notice in notices:
        yield f"  note: {notice}"


def describe(knob: Knob) -> str:
    """A knob with its range and what it acts on."""
    if knob.choices:
        reach = ", ".join(map(str, knob.choices))
    else:
        kind = " (logarithms)" if knob.log else ""
        reach = f"{knob.low:g} to {knob.high:g}{kind}{', whole numbers' if knob.integer else ''}"
    return f"{knob.name}: {reach}; {_where(knob)}"


def _where(knob: Knob) -> str:
    if knob.declared:
        return "declared by the script"
    return f"the script's own {knob.word.removesuffix('=')}" if knob.is_own else "set in the running script"


def progress_line(plan: StudyPlan, ended: Sequence[TrialSeen]) -> str:
    """How far a search is, and the best so far."""
    values = [trial.value for trial in ended if trial.end == "done" and trial.value is not None]
    best = (max(values) if plan.higher_is_better else min(values)) if values else None
    shown = f"best {plan.metric} {number(best)}" if best is not None else "nothing yet"
    return f"{len(ended)} of {plan.trials} trials, {shown}"


def render_dry(
    words: Sequence[str], knobs: Sequence[Knob], metric: str | None, trials: int, workers: int | None
) -> str:
    """What would be searched, without a look at the script."""
    by = "as many workers as there is room for" if workers is None else plural(workers, "worker")
    by = by if workers != 0 else "workers that others start"
    lines = [f"would search {' '.join(words)}: {plural(trials, 'whole run')} by {by}"]
    lines += [f"  {describe(knob)}" for knob in knobs] or ["  the rate, and the regularizers that the script shows"]
    lines.append(f"  for {metric or 'the loss of its own evaluation'}; names are held against the script when it runs")
    return "\n".join(lines)
