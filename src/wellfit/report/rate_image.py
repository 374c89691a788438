"""What `wellfit lr` found, as a picture."""

from io import BytesIO
from typing import Any

from wellfit.errors import UsageError
from wellfit.model.lr import RateAnswer
from wellfit.report.lr import headline, longest
from wellfit.report.rate_figure import rim

INCHES, DPI = (7.6, 3.6), 160
GREY, BLUE, GREEN = "#64707d", "#0f6fb8", "#2a7f4f"


def render(answer: RateAnswer, *, kind: str = "png") -> bytes:
    """Losses over rates, the rate found and its interval.

    Args:
        answer: with or without a rate.
        kind: png, svg or pdf.

    Raises:
        UsageError: matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise UsageError("a picture needs matplotlib: pip install 'wellfit[plot]'; .html needs nothing") from None
    figure = Figure(figsize=INCHES, dpi=DPI, layout="constrained")
    axes = figure.subplots()
    _draw(answer, axes)
    out = BytesIO()
    figure.savefig(out, format=kind)
    return out.getvalue()


def _draw(answer: RateAnswer, axes: Any) -> None:
    axes.set(xscale="log", xlabel="learning rate", ylabel="loss", title=headline(answer))
    axes.plot([p.rate for p in answer.swept], [p.smoothed for p in answer.swept], color=GREY, label="sweep, smoothed")
    most = longest(answer)
    shorter = [point for point in answer.raced if point not in most]
    axes.scatter([p.rate for p in shorter], [p.loss for p in shorter], color=GREY, s=12, label="held out, shorter")
    axes.scatter([p.rate for p in most], [p.loss for p in most], color=BLUE, s=36, label="held out, longest")
    if answer.rate is not None and answer.interval is not None:
        axes.axvspan(*answer.interval, color=GREEN, alpha=0.12)
        axes.axvline(answer.rate, color=GREEN, label="found")
    low, high = rim(answer)
    axes.set_ylim(low, high)
    axes.legend(frameon=False, fontsize="small")
