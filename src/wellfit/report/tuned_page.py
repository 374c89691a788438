"""What `wellfit tune` found, as one HTML page that stands by itself."""

from collections.abc import Iterator

from markupsafe import Markup

from wellfit.model.record import RunRecord
from wellfit.model.study import TrialSeen
from wellfit.model.tuned import Confirmed, Tuned
from wellfit.report.axis import number
from wellfit.report.page import asset, environment
from wellfit.report.plot import HEIGHT, LEFT, RIGHT, TOP, WIDTH
from wellfit.report.run_facts import run_facts
from wellfit.report.runs import age
from wellfit.report.trials import curves, history, pairs, parallel, slices
from wellfit.report.trials.ranking import by_importance, ranked, shades, values_of
from wellfit.report.tuned import describe
from wellfit.report.tuned_words import (
    ENDS,
    alone,
    counts,
    difference,
    flag,
    headline,
    next_steps,
    share,
    spelled,
    together,
)

VERDICTS = {
    "better": ("clear", "better on fresh seeds"),
    "tie": ("note", "no difference beyond chance"),
    "worse": ("warning", "worse on fresh seeds"),
    "own": ("clear", "your own setting"),
    "unconfirmed": ("warning", "not confirmed on fresh seeds"),
    "none": ("error", "no whole trial"),
}
"""Colour and words of each verdict."""

PILLS = {"done": "clear", "pruned": "unseen", "diverged": "warning", "failed": "error", "dead": "error"}
"""Colours of the ends of trials."""

FRAMES = {
    "frame": {"width": WIDTH, "height": HEIGHT, "left": LEFT, "right": WIDTH - RIGHT, "top": TOP},
    "wide": {"width": parallel.WIDTH, "height": parallel.HEIGHT, "top": parallel.TOP, "bottom": parallel.BOTTOM},
    **{
        name: {
            "width": drawing.WIDTH,
            "height": drawing.HEIGHT,
            "left": drawing.LEFT,
            "right": drawing.WIDTH - drawing.RIGHT,
            "top": drawing.TOP,
            "base": drawing.HEIGHT - drawing.BOTTOM,
        }
        for name, drawing in (("small", slices), ("square", pairs))
    },
}
"""Sizes of the drawings, in their own units."""

TRACK_ROOM = 0.15
"""Share of the track that is left free on either side."""


def render(answer: Tuned, record: RunRecord | None = None) -> str:
    """The page.

    Args:
        answer: whatever was found; what it holds is escaped.
        record: of the script's own run, or of another of the search; None leaves out on what all of them ran.
    """
    template = environment().get_template("tuned.html.jinja")
    return template.render(
        answer=answer,
        plan=answer.plan,
        headline=headline(answer),
        verdict=VERDICTS[answer.verdict],
        counts=counts(answer),
        settings=tuple(_settings(answer)),
        values=tuple(_values(answer)),
        difference=difference(answer) if answer.confirmed.mean is not None else None,
        track=_track(answer.confirmed),
        curves=curves.draw(answer),
        history=history.draw(answer),
        parallel=parallel.draw(answer),
        slices=slices.draw(answer),
        heat=pairs.draw_heat(answer),
        plane=pairs.draw_plane(answer),
        shares=_shares(answer),
        alone=alone(answer),
        together=together(answer),
        trials=_in_order(answer),
        rows={t.slot: tuple(_cells(answer, t)) for t in answer.trials},
        shades=shades(answer.plan, answer.trials),
        pills=PILLS,
        ends=ENDS,
        ran_on=tuple(run_facts(record)) if record is not None else (),
        ranges=[(knob.name, describe(knob).partition(": ")[2]) for knob in answer.plan.knobs],
        next=tuple(next_steps(answer)),
        number=number,
        age=age,
        **FRAMES,
        cell=pairs.CELL,
        label=pairs.LABEL,
        below=pairs.BELOW,
        style=Markup(asset("report.css") + asset("tuned.css")),  # noqa: S704 - files of this package, no user's text
    )


def _settings(answer: Tuned) -> Iterator[tuple[str, str, str]]:
    """Each hyperparameter with the script's own value and the winner's."""
    winner = answer.winner
    best = {} if winner is None else values_of(answer.plan, winner)
    for knob in answer.plan.knobs:
        own = answer.plan.seen.present.get(knob.key)
        found = best.get(knob.key)
        yield flag(knob), "not known" if own is None else spelled(own), "" if found is None else spelled(found)


def _values(answer: Tuned) -> Iterator[tuple[str, str, str]]:
    """The metric under both settings: in the search, and on each fresh seed; and the one that chose nothing."""
    own, winner, done = answer.own, answer.winner, answer.confirmed
    metric = answer.plan.metric
    if winner is not None and winner.value is not None:
        yield f"{metric}, in the search", _number(None if own is None else own.value), number(winner.value)
    for seed, one, other in zip(done.seeds, done.own, done.winner, strict=True):
        yield f"{metric}, fresh seed {seed}", _number(one), _number(other)
    for seed, one, other in zip(done.seeds, done.own_test, done.winner_test, strict=False):
        yield f"{done.test_metric}, which chose nothing, fresh seed {seed}", _number(one), _number(other)


def _number(value: float | None) -> str:
    return "no value" if value is None else number(value)


def _track(confirmed: Confirmed) -> dict[str, float] | None:
    """The interval of the difference on a line that holds 0, in percent of its width."""
    if confirmed.mean is None or confirmed.half is None:
        return None
    ends = (confirmed.mean - confirmed.half, confirmed.mean + confirmed.half)
    low, high = min(0.0, *ends), max(0.0, *ends)
    span = (high - low) or 1.0

    def at(value: float) -> float:
        return round(100 * (TRACK_ROOM + (1 - 2 * TRACK_ROOM) * (value - low) / span), 1)

    return {"zero": at(0.0), "from": at(ends[0]), "to": at(ends[1]), "mean": at(confirmed.mean)}


def _shares(answer: Tuned) -> list[tuple[str, str, float]]:
    """Name, share in words, and length of its bar in percent of the longest."""
    most = max(answer.importance.values(), default=0.0) or 1.0
    named = [knob for knob in by_importance(answer) if knob.key in answer.importance]
    return [(k.name, share(answer, k.key), round(100 * answer.importance[k.key] / most, 1)) for k in named]


def _in_order(answer: Tuned) -> tuple[TrialSeen, ...]:
    """The best trials first; those without a value behind them, in the order in which they were planned."""
    order = ranked(answer.plan, answer.trials)
    return (*order, *(trial for trial in answer.trials if trial not in order))


def _cells(answer: Tuned, trial: TrialSeen) -> Iterator[str]:
    values = values_of(answer.plan, trial)
    for knob in answer.plan.knobs:
        yield spelled(values[knob.key]) if knob.key in values else ""
