"""What `wellfit lr` found, for a terminal."""

from collections.abc import Iterator

from rich.text import Text

from wellfit.model.lr import OptimizerRates, RacedPoint, RateAnswer
from wellfit.report.answer import render_answer
from wellfit.report.chart import chart
from wellfit.report.naming import plural, shown_place


def render(answer: RateAnswer, *, width: int = 100, color: bool = False) -> str:
    """The rate, what else would cost, how it was found, and the losses over rates as a drawing.

    Args:
        answer: with or without a rate.
        width: columns of the terminal.
        color: use ANSI colours; without them the text is plain.
    """
    drawn = chart(
        [(p.rate, p.smoothed) for p in answer.swept], [(p.rate, p.loss) for p in longest(answer)], answer.rate
    )
    drawing = (Text(drawn), Text(legend(answer), "dim")) if drawn else ()
    return render_answer(
        headline(answer), facts(answer), drawing, answer.notices, found=bool(answer), width=width, color=color
    )


def headline(answer: RateAnswer) -> str:
    """The rate and its interval, or why there is none, in one line."""
    if answer.rate is None or answer.interval is None:
        return f"no learning rate: {answer.reason}"
    low, high = answer.interval
    return f"learning rate {answer.rate:.2g}   ({low:.2g} to {high:.2g})"


def facts(answer: RateAnswer) -> Iterator[tuple[str, str]]:
    """What there is to know of it: name and text."""
    for rates in answer.optimizers:
        yield "of", _described(rates, answer)
    if answer.rate is not None:
        yield "verdict", f"{answer.verdict}: {answer.reason}"
        yield from _others(answer)
    yield "judged", f"on {answer.judged_on}"
    if len(answer.repeats) > 1:
        yield "repeats", f"{', '.join(f'{rate:.2g}' for rate in answer.repeats)}, each on other batches"
    yield "cost", cost(answer)
    if answer.rate is not None and answer.script and not any(rates.by_hand for rates in answer.optimizers):
        yield "next", "wellfit lr --apply, as above, writes it; wellfit check watches the run"


def cost(answer: RateAnswer) -> str:
    """What the search took."""
    known = "" if answer.planned_known else " (assumed)"
    steps = plural(answer.steps, "optimizer step")
    return (
        f"{steps} in {plural(answer.runs, 'short run')}, for a run of {answer.planned:,}{known}; {answer.seconds:.0f} s"
    )


def longest(answer: RateAnswer) -> tuple[RacedPoint, ...]:
    """The short trainings that count most: those with most steps."""
    most = max((point.steps for point in answer.raced), default=0)
    return tuple(point for point in answer.raced if point.steps == most)


def legend(answer: RateAnswer) -> str:
    """What the drawing shows."""
    most = max((point.steps for point in answer.raced), default=0)
    raced = f"; o held-out loss after {plural(most, 'step')}" if most else ""
    return f"          · training loss of the sweep{raced}{'; │ the rate found' if answer else ''}"


def excess(share: float) -> str:
    """How much higher a run is expected to end, in words.

    Example:
        >>> excess(0.004), excess(0.31), excess(2.2)
        ('as low', '31 % higher', '3.2 times as high')
    """
    if share < 0.01:  # noqa: PLR2004 - below what the search can tell
        return "as low"
    return f"{share:.0%} higher".replace("%", " %") if share < 1 else f"{1 + share:.1f} times as high"


def _described(rates: OptimizerRates, answer: RateAnswer) -> str:
    made = f" at {shown_place(rates.made_at, answer.root)}" if rates.made_at else ""
    peak = f", at the peak of {rates.scheduler}" if rates.scheduler else ""
    groups = ""
    if len(set(rates.peaks)) > 1:
        found = f" -> {', '.join(f'{r:.2g}' for r in rates.found)}" if rates.found else ""
        groups = f"; its groups: {', '.join(f'{r:.2g}' for r in rates.peaks)}{found}"
    return f"{rates.kind}{made}{peak}{groups}"


def _others(answer: RateAnswer) -> Iterator[tuple[str, str]]:
    if answer.present_excess is not None:
        ends = _expected(answer, answer.present, answer.present_excess)
        yield "now", f"{answer.present:.3g} is expected to end {ends} in loss"
    if answer.default is not None and answer.default_excess is not None and answer.default != answer.present:
        yield (
            "usual",
            f"{answer.default:g} is expected to end {_expected(answer, answer.default, answer.default_excess)}",
        )


def _expected(answer: RateAnswer, rate: float, share: float) -> str:
    """In words; of a rate that lies beyond all that were tried, no more than a bound is known."""
    tried = [point.rate for point in answer.raced]
    beyond = bool(tried) and not min(tried) <= rate <= max(tried)
    return f"at least {excess(share)}" if beyond and share >= 0.01 else excess(share)  # noqa: PLR2004 - as there
