"""What `wellfit tune` found, in words that every format shows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

from wellfit.model.knob import Knob, Value
from wellfit.model.study import StudyPlan
from wellfit.model.tuned import FEWEST_WEIGHED, Confirmed, Interaction, Tuned
from wellfit.report.axis import number
from wellfit.report.naming import on_one_line, plural

PAIRS = 3
"""Interactions that it names."""

ENDS: Mapping[str, str] = {
    "done": "whole",
    "pruned": "pruned",
    "diverged": "diverged",
    "failed": "failed",
    "dead": "without a worker",
}
"""How trials end, in words."""


def headline(answer: Tuned) -> str:
    """The verdict in one line."""
    winner, own = answer.winner, answer.own
    if winner is None or winner.value is None:
        return f"nothing found: none of {plural(len(answer.trials), 'trial')} was whole"
    metric, before = answer.plan.metric, _value(own.value if own else None)
    means = _means(answer.confirmed)
    fresh = f"{metric} {means[1]} instead of {means[0]}"
    seeds = f"on {plural(len(answer.confirmed.seeds), 'fresh seed')}"
    return {
        "better": f"a better setting: {fresh} {seeds}",
        "tie": f"no difference beyond chance, keep your own setting: {fresh} {seeds}",
        "worse": f"keep your own setting, the best trial was luck: {fresh} {seeds}",
        "own": _own_is_best(answer),
        "unconfirmed": f"the best setting, not confirmed on fresh seeds: {metric} {_value(winner.value)}"
        f" instead of {before}",
        "none": "nothing found: no trial was whole",
    }[answer.verdict]


def _own_is_best(answer: Tuned) -> str:
    metric, before = answer.plan.metric, _value(answer.own.value if answer.own else None)
    whole = [trial.value for trial in answer.trials if trial.end == "done"]
    count = plural(len(answer.trials), "trial")
    if len(whole) == 1 and len(answer.trials) > 1:
        return f"of {count} your own setting alone was whole: {metric} {before}"
    if len(whole) > 1 and len(set(whole)) == 1:
        return f"no setting is better than your own: {plural(len(whole), 'trial')} came to the same {metric}, {before}"
    return f"your own setting is the best of {count}: {metric} {before}"


def _value(value: float | None) -> str:
    return "no value" if value is None else number(value)


def _means(confirmed: Confirmed) -> tuple[str, str]:
    """Of the script's own setting and the winner's, over the seeds on which both are whole, else over those of each."""
    pairs = [pair for pair in zip(confirmed.own, confirmed.winner, strict=True) if None not in pair]
    own, winner = zip(*pairs, strict=True) if pairs else (confirmed.own, confirmed.winner)
    return _mean(own), _mean(winner)


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None and math.isfinite(value)]
    return number(fmean(known)) if known else "no value"


def facts(answer: Tuned) -> Iterator[tuple[str, str]]:
    """Names and texts."""
    plan, winner = answer.plan, answer.winner
    if winner is not None and winner.slot:
        yield "setting", setting(plan, winner.values)
        yield "instead of", setting(plan, plan.seen.present) or "what the script does"
    yield from _found(answer)
    if said := alone(answer):
        yield "what matters", said
    if said := together(answer):
        yield "together", said
    for pair in [pair for pair in answer.interactions if pair.is_told][:PAIRS]:
        yield "together", interaction(pair)
    yield "trials", counts(answer)
    yield "kept in", answer.place
    yield from next_steps(answer)


def alone(answer: Tuned) -> str:
    """What each knob matters alone, or why that is not told; empty where there is nothing to tell apart."""
    if answer.importance:
        shares = (f"{name.replace('_', '-')} {share(answer, name)}" for name in answer.importance)
        return ", ".join(shares) + ("; in brackets nine of ten resamples" if answer.importance_within else "")
    if answer.importance_leads is not None:
        first = next(iter(answer.importance_within)).replace("_", "-")
        return f"too few trials to tell: {first} comes first, but in {answer.importance_leads:.0%} of resamples only"
    if len(answer.plan.knobs) > 1 and answer.best is not None:
        return f"too few trials to tell; it takes {FEWEST_WEIGHED}"
    return ""


def share(answer: Tuned, key: str) -> str:
    """The share of a knob, with its interval where that is known."""
    low, high = answer.importance_within.get(key, (None, None))
    within = "" if low is None or high is None else f" ({100 * low:.0f} to {100 * high:.0f})"
    return f"{answer.importance[key]:.0%}{within}"


def together(answer: Tuned) -> str:
    """That pairs were looked at, and none is told; empty elsewhere."""
    none = answer.interactions and not any(pair.is_told for pair in answer.interactions)
    return "no pair does more than chance explains" if none else ""


def _found(answer: Tuned) -> Iterator[tuple[str, str]]:
    """What the winner came to, in the search and beyond it."""
    winner, own, confirmed = answer.winner, answer.own, answer.confirmed
    if confirmed.seeds:
        yield "fresh seeds", f"{answer.plan.metric} {_seeds(answer)}"
    if confirmed.mean is not None and confirmed.half is not None:
        yield "difference", difference(answer)
    if confirmed.test_metric:
        yield "test", test(confirmed)
    if winner is not None and winner.slot:
        before = _value(own.value if own else None)
        yield "in the search", f"{before} -> {_value(winner.value)}, at trial {winner.slot} of {answer.plan.trials}"


def difference(answer: Tuned) -> str:
    """What the winner gains on fresh seeds, with its interval."""
    mean, half = answer.confirmed.mean or 0.0, answer.confirmed.half or 0.0
    held = {"better": "beyond chance", "worse": "beyond chance"}.get(answer.verdict, "which chance explains")
    return f"{mean:+.3g} on average, {mean - half:+.3g} to {mean + half:+.3g} with 95 % confidence: {held}"


def test(confirmed: Confirmed) -> str:
    """What a metric that chose nothing says."""
    own = [value for value in confirmed.own_test if value is not None]
    winner = [value for value in confirmed.winner_test if value is not None]
    if not own or not winner:
        return f"{confirmed.test_metric} was not given in every run"
    means = f"{number(fmean(own))} -> {number(fmean(winner))}"
    return f"{confirmed.test_metric}, which chose nothing: {means}, means of these runs"


def next_steps(answer: Tuned) -> Iterator[tuple[str, str]]:
    """Commands that go on from here."""
    if not answer.plan.words:  # a function's search
        more = f"wellfit.tune(..., trials={2 * answer.plan.trials})"
        yield "search on", f"{more} under the same name, where one was given"
        return
    again = f"wellfit tune --resume --name {on_one_line(answer.plan.name)}"
    if "://" in answer.place:
        again += f" --storage {on_one_line(answer.place)}"
    if answer.verdict == "better":
        yield "write it", f"{again} --apply"
    if answer.verdict in ("tie", "unconfirmed"):
        yield "to decide", f"{again} --seeds {2 * max(3, len(answer.confirmed.seeds))}"
    yield "search on", f"{again} --trials {2 * answer.plan.trials}"
    if answer.trials:
        yield "its runs", f"wellfit runs --where parent={on_one_line(answer.plan.name)}"


def setting(plan: StudyPlan, values: Mapping[str, Value]) -> str:
    """Values as one would type them."""
    shown = (f"{flag(knob)} {on_one_line(spelled(values[knob.key]))}" for knob in plan.knobs if knob.key in values)
    return "  ".join(shown)


def flag(knob: Knob) -> str:
    """A knob as one would type it."""
    if knob.word:
        return knob.word.removesuffix("=")
    return knob.name if knob.declared else f"--{knob.name}"


def spelled(value: Value) -> str:
    """Three digits, which is more than any search can tell apart."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def interaction(pair: Interaction) -> str:
    """A pair in a sentence."""
    first, second = pair.first.replace("_", "-"), pair.second.replace("_", "-")
    if not pair.is_told:
        return f"{first} and {second}: no more than chance explains"
    how = "replace each other: more of one wants less of the other" if pair.replaces else "go up together"
    return f"{first} and {second} {how} ({pair.share:.0%} of the variance is theirs alone)"


def _seeds(answer: Tuned) -> str:
    rows = zip(answer.confirmed.own, answer.confirmed.winner, strict=True)
    shown = (f"{_value(a)} -> {_value(b)}" for a, b in rows)
    return ", ".join(shown)


def counts(answer: Tuned) -> str:
    """How many trials there were, how they ended, and what that cost."""
    ends = [trial.end or "open" for trial in answer.trials]
    told = ", ".join(f"{ends.count(end)} {ENDS.get(end, end)}" for end in dict.fromkeys(ends))
    return f"{told or 'none'}; {plural(answer.runs, 'training')} in all, {answer.seconds:.0f} s"
