"""What `wellfit tune` found, for a terminal."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from rich.text import Text

from wellfit.model.study import Knob, StudyPlan, TrialSeen, Value
from wellfit.model.tuned import Interaction, Tuned
from wellfit.report.answer import render_answer
from wellfit.report.axis import number
from wellfit.report.naming import plural

LISTED = 8
"""Trials that the terminal shows."""

PAIRS = 3
"""Interactions that it names."""

LEAST_SHARE = 0.03
"""Of the variance, below which an interaction is not worth a line."""


def render(answer: Tuned, *, width: int = 100, color: bool = False) -> str:
    """The best setting, what fresh seeds say of it, what matters, and the best trials.

    Args:
        answer: whatever was found.
        width: columns of the terminal.
        color: use ANSI colours.
    """
    table = (Text("\n".join(_table(answer))),) if answer.best is not None else ()
    found = answer.verdict == "better"
    return render_answer(headline(answer), facts(answer), table, answer.notices, found=found, width=width, color=color)


def headline(answer: Tuned) -> str:
    """The verdict in one line."""
    metric, winner, own = answer.plan.metric, answer.winner, answer.own
    if winner is None or winner.value is None:
        return "nothing found: no trial was whole"
    before = number(own.value) if own is not None and own.value is not None else "nothing"
    moved = f"{metric} {before} -> {number(winner.value)}"
    done = answer.confirmed
    if done.mean is not None and done.half is not None:
        low, high = done.mean - done.half, done.mean + done.half
        moved += f" in the search; on fresh seeds {done.mean:+.3g} ({low:+.3g} to {high:+.3g})"
    return {
        "better": f"a better setting: {moved}",
        "tie": f"no difference beyond chance, keep your own setting: {moved}",
        "worse": f"keep your own setting, the best trial was luck: {moved}",
        "own": f"your own setting is the best of {len(answer.trials)}: {metric} {before}",
        "unconfirmed": f"the best setting, not confirmed on fresh seeds: {moved}",
        "none": "nothing found: no trial was whole",
    }[answer.verdict]


def facts(answer: Tuned) -> Iterator[tuple[str, str]]:
    """Names and texts."""
    plan, winner = answer.plan, answer.winner
    if winner is not None and winner.slot:
        yield "setting", setting(plan, winner.values)
        yield "instead of", setting(plan, plan.seen.present) or "what the script does"
    if answer.confirmed.seeds:
        yield "fresh seeds", _seeds(answer)
    if answer.confirmed.test_metric:
        yield "test", _test(answer)
    if answer.importance:
        shares = (f"{name.replace('_', '-')} {share:.0%}" for name, share in answer.importance.items())
        yield "what matters", ", ".join(shares)
    told = [pair for pair in answer.interactions if pair.share >= LEAST_SHARE][:PAIRS]
    for pair in told:
        yield "together", interaction(pair)
    yield "trials", _counts(answer)
    yield "study", f"{plan.name}, in {answer.place}"
    if answer.verdict in ("tie", "unconfirmed"):
        yield "to decide", f"wellfit tune --resume --name {plan.name} --seeds {2 * max(3, len(answer.confirmed.seeds))}"
    yield "next", _next(plan)


def _next(plan: StudyPlan) -> str:
    if plan.words:
        return f"wellfit tune --resume --name {plan.name} --trials {2 * plan.trials} searches on"
    return f"wellfit.tune(..., trials={2 * plan.trials}) under the same name searches on, where one was given"


def setting(plan: StudyPlan, values: dict[str, Value] | Any) -> str:
    """Values as one would type them."""
    return "  ".join(f"{_flag(knob)} {spelled(values[knob.key])}" for knob in plan.knobs if knob.key in values)


def _flag(knob: Knob) -> str:
    return knob.word.removesuffix("=") if knob.word else f"{'' if knob.declared else '--'}{knob.name}"


def spelled(value: Value) -> str:
    """Three digits, which is more than any search can tell apart."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def interaction(pair: Interaction) -> str:
    """A pair in a sentence."""
    first, second = pair.first.replace("_", "-"), pair.second.replace("_", "-")
    how = "replace each other: more of one wants less of the other" if pair.replaces else "go up together"
    return f"{first} and {second} {how} ({pair.share:.0%} of the variance is theirs alone)"


def _seeds(answer: Tuned) -> str:
    rows = zip(answer.confirmed.own, answer.confirmed.winner, strict=True)
    shown = (f"{'failed' if a is None else number(a)} -> {'failed' if b is None else number(b)}" for a, b in rows)
    return "; ".join(shown)


def _test(answer: Tuned) -> str:
    done = answer.confirmed
    own = [value for value in done.own_test if value is not None]
    winner = [value for value in done.winner_test if value is not None]
    if not own or not winner:
        return f"{done.test_metric} was not given in every run"
    return (
        f"{done.test_metric}, which chose nothing: {number(fmean(own))} -> {number(fmean(winner))}, means of these runs"
    )


def _counts(answer: Tuned) -> str:
    ends = [trial.end or "open" for trial in answer.trials]
    counts = ", ".join(f"{ends.count(end)} {end}" for end in dict.fromkeys(ends))
    return f"{counts}; {plural(answer.runs, 'training')} in all, {answer.seconds:.0f} s"


def _table(answer: Tuned) -> Iterator[str]:
    """The best trials, and the script's own."""
    plan = answer.plan
    sign = -1 if plan.higher_is_better else 1
    whole = sorted(
        (t for t in answer.trials if t.value is not None and t.end == "done"), key=lambda t: sign * (t.value or 0)
    )
    shown = whole[:LISTED]
    shown += [trial for trial in whole if trial.slot == 0 and trial not in shown]
    head = ["trial", plan.metric, *(knob.name for knob in plan.knobs), "run"]
    rows = [
        [
            "own" if t.slot == 0 else str(t.slot),
            number(t.value or 0.0),
            *(spelled(value) if (value := _value(t, k, plan)) is not None else "-" for k in plan.knobs),
            t.run[-4:],
        ]
        for t in shown
    ]
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _value(trial: TrialSeen, knob: Knob, plan: StudyPlan) -> Value | None:
    return trial.values.get(knob.key, plan.seen.present.get(knob.key) if trial.slot == 0 else None)


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


def render_dry(words: Sequence[str], knobs: Sequence[Knob], metric: str | None, trials: int, workers: int) -> str:
    """What would be searched, without a look at the script."""
    lines = [f"would search {' '.join(words)}: {plural(trials, 'whole run')} by {plural(workers, 'worker')}"]
    lines += [f"  {describe(knob)}" for knob in knobs] or ["  the rate, and the regularizers that the script shows"]
    lines.append(f"  for {metric or 'the loss of its own evaluation'}; names are held against the script when it runs")
    return "\n".join(lines)
