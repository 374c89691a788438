"""Throughput and memory over batch sizes as the geometry of two drawings."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wellfit.model.batch import BatchAnswer
from wellfit.report.axis import Axis, Tick, value_axis
from wellfit.report.batch import shown_bytes
from wellfit.report.plot import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH

MEGA = 1e6
MOST_TICKS = 10


@dataclass(frozen=True, slots=True)
class Dot:
    """One size.

    Args:
        x: position.
        y: position.
        words: its numbers.
        failed: the run with it ended early.
    """

    x: float
    y: float
    words: str
    failed: bool


@dataclass(frozen=True, slots=True)
class SizeFigure:
    """A drawing over batch sizes, in its own units.

    Args:
        title: what is drawn, with its unit.
        line: SVG path through the sizes that ran.
        dots: sizes.
        chosen: where the size found stands; None where it lies elsewhere.
        limit: where the limit stands; None where there is none in sight.
        x_ticks: sizes.
        y_ticks: values.
        words: the drawing in a sentence, for those who do not see it.
    """

    title: str
    line: str
    dots: tuple[Dot, ...]
    chosen: float | None
    limit: float | None
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    words: str


def draw_throughput(answer: BatchAnswer) -> SizeFigure | None:
    """Samples in a second over sizes; None where fewer than two were timed.

    Args:
        answer: with or without a size.
    """
    points = [(timed.size, timed.examples_per_s) for timed in answer.curve]
    if len(points) < 2:  # noqa: PLR2004 - a line
        return None
    x, y = _sizes(points), value_axis((value for _, value in points), start=HEIGHT - BOTTOM, end=TOP)
    dots = [Dot(x.at(s), y.at(v), f"{s:,}: {v:,.0f} samples in a second", failed=False) for s, v in points]
    best = max(points, key=lambda point: point[1])
    words = (
        f"Samples in a second over batch sizes: {points[0][1]:,.0f} at {points[0][0]:,}, {best[1]:,.0f} at {best[0]:,}."
    )
    return _figure("samples in a second", dots, x, y, answer, words=words)


def draw_memory(answer: BatchAnswer) -> SizeFigure | None:
    """Peak memory over sizes, of all runs; None where nothing tells it.

    Args:
        answer: with or without a size.
    """
    ran = {timed.size: timed.peak_bytes for timed in answer.curve if timed.peak_bytes}
    ran |= {tried.size: tried.peak_bytes for tried in answer.fits.tried if tried.peak_bytes and tried.failed is None}
    failed = {tried.size: tried.peak_bytes for tried in answer.fits.tried if tried.failed is not None}
    if len(ran) < 2:  # noqa: PLR2004 - a line
        return None
    limit = answer.fits.limit_bytes
    near = limit if limit is not None and limit < 4 * max(ran.values()) else None
    x = _sizes((*ran.items(), *failed.items()))
    values = [value / MEGA for value in (*ran.values(), *((near,) if near else ()))]
    y = value_axis(values, start=HEIGHT - BOTTOM, end=TOP)
    top = near or max(ran.values())
    dots = [Dot(x.at(s), y.at(v / MEGA), f"{s:,}: {shown_bytes(v)}", failed=False) for s, v in sorted(ran.items())]
    dots += [Dot(x.at(s), y.at(top / MEGA), f"{s:,}: ended early", failed=True) for s in failed]
    words = f"Peak memory over batch sizes, up to {shown_bytes(max(ran.values()))} at {max(ran):,}."
    return _figure("peak memory in MB", dots, x, y, answer, limit=near, words=words)


def _figure(  # noqa: PLR0913 - what a drawing is made of
    title: str, dots: Sequence[Dot], x: Axis, y: Axis, answer: BatchAnswer, *, words: str, limit: int | None = None
) -> SizeFigure:
    inside = answer.size is not None and x.low <= answer.size <= x.high
    ran = [(dot.x, dot.y) for dot in dots if not dot.failed]
    return SizeFigure(
        title=title,
        line="M" + "L".join(f"{across:g} {up:g}" for across, up in ran),
        dots=tuple(dots),
        chosen=x.at(answer.size) if inside and answer.size else None,
        limit=None if limit is None else y.at(limit / MEGA),
        x_ticks=tuple(_ticks(x)),
        y_ticks=y.ticks(),
        words=words,
    )


def _sizes(points: Iterable[tuple[int, float]]) -> Axis:
    sizes = [size for size, _ in points]
    return Axis(min(sizes) / 1.2, max(sizes) * 1.2, LEFT, WIDTH - RIGHT, is_log=True)


def _ticks(x: Axis) -> list[Tick]:
    """Powers of two, which sizes mostly are, as far apart as their labels are wide."""
    powers = [2**power for power in range(64) if x.low <= 2**power <= x.high]
    stride = max(1, -(-len(powers) // MOST_TICKS))
    return [Tick(x.at(power), f"{power:,}") for power in powers[::stride]]
