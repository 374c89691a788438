"""Curves as the geometry of a drawing: decimated lines, bands, gaps, ticks and the marks of findings."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from wellfit.model.proof import Band
from wellfit.model.report import Curve
from wellfit.report.axis import Axis, Tick, held_within, number, step_axis, value_axis

WIDTH, HEIGHT = 760, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 30, 34
MOST_POINTS = 380
"""About two drawing units for each point; a longer curve is folded into that many."""
MOST_DOTTED = 24
"""Up to so many points each one is dotted, so that a sparse curve does not pass for a dense one."""
MOST_LINES = 6
"""Lines that can be told apart in one drawing."""
MARK_SPACING = 18


@dataclass(frozen=True, slots=True)
class Point:
    """Neighbouring steps folded into one: their lowest, mean and highest finite value; None where none is finite."""

    step: int
    low: float | None
    mean: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Line:
    """One curve in drawing units.

    Args:
        path: SVG path of the means; a gap where nothing was finite.
        band: SVG path around lowest and highest values, empty where no steps were folded.
        dots: positions to dot, few or none.
        readings: (x, step, value) for the readout under the pointer.
    """

    name: str
    path: str
    band: str
    dots: tuple[tuple[float, float], ...]
    readings: tuple[tuple[float, int, str], ...]


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding's first step on the step axis; `level` counts the marks that it must stand clear of."""

    number: int
    x: float
    level: int


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing of curves that share their axes."""

    title: str
    lines: tuple[Line, ...]
    left_out: int
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[Mark, ...]
    not_finite: tuple[float, ...]
    is_log: bool
    summary: str


def plot(title: str, curves: Sequence[Curve], first_steps: Sequence[tuple[int, int]]) -> Plot:
    """Draw curves of one kind.

    Args:
        title: what is drawn.
        curves: at least one, each with at least one point.
        first_steps: (number of the finding, step at which it was first seen).
    """
    drawn = _distinct(curves)[:MOST_LINES]
    return _draw(title, drawn, [fold(curve) for curve in drawn], first_steps, len(_distinct(curves)) - len(drawn))


def plot_bands(title: str, bands: Sequence[Band]) -> Plot:
    """Draw values of several runs, each as its mean within the band from the lowest to the highest.

    Args:
        title: what is drawn.
        bands: at least one, each with at least one point.
    """
    curves = [Curve(band.name, band.steps, band.mid) for band in bands]
    folded = [tuple(map(_point_of_band, band.steps, band.low, band.mid, band.high)) for band in bands]
    return _draw(title, curves, folded, (), 0)


def _draw(
    title: str,
    drawn: Sequence[Curve],
    folded: Sequence[tuple[Point, ...]],
    first_steps: Sequence[tuple[int, int]],
    left_out: int,
) -> Plot:
    x = step_axis((s for curve in drawn for s in curve.steps), start=LEFT, end=WIDTH - RIGHT)
    y = value_axis(_extremes(folded), start=HEIGHT - BOTTOM, end=TOP)
    return Plot(
        title=title,
        lines=tuple(_line(curve.name, points, x, y) for curve, points in zip(drawn, folded, strict=True)),
        left_out=left_out,
        x_ticks=x.ticks(),
        y_ticks=y.ticks(),
        marks=tuple(_marks(first_steps, x)),
        not_finite=tuple(sorted({x.at(step) for curve in drawn for step in _first_not_finite(curve)})),
        is_log=y.is_log,
        summary=" ".join(summarize(curve) for curve in drawn),
    )


def _point_of_band(step: int, low: float, mid: float, high: float) -> Point:
    if not all(map(math.isfinite, (low, mid, high))):
        return Point(step, None, None, None)
    return Point(step, held_within(low), held_within(mid), held_within(high))


def fold(curve: Curve) -> tuple[Point, ...]:
    """At most `MOST_POINTS` points in the order of steps, however long the curve."""
    pairs = sorted(zip(curve.steps, curve.values, strict=False), key=lambda pair: pair[0])
    if len(pairs) <= MOST_POINTS:
        return tuple(_point([pair]) for pair in pairs)
    first, span = pairs[0][0], max(1, pairs[-1][0] - pairs[0][0])
    groups: dict[int, list[tuple[int, float]]] = {}
    for pair in pairs:
        groups.setdefault((pair[0] - first) * (MOST_POINTS - 1) // span, []).append(pair)
    return tuple(_point(group) for group in groups.values())


def summarize(curve: Curve) -> str:
    """The curve in one sentence, for those who do not see it."""
    finite = [(s, v) for s, v in zip(curve.steps, curve.values, strict=False) if math.isfinite(v)]
    if not finite:
        return f"{curve.name}: no finite value."
    (first, start), (last, end) = finite[0], finite[-1]
    low_step, low = min(finite, key=lambda pair: pair[1])
    text = f"{curve.name}: {number(start)} at step {first:,}, {number(end)} at step {last:,}"
    text += f", lowest {number(low)} at step {low_step:,}"
    broken = len(curve.values) - len(finite)
    return f"{text}, not finite at {broken:,} of {len(curve.values):,} steps." if broken else f"{text}."


def _point(pairs: Sequence[tuple[int, float]]) -> Point:
    step = pairs[len(pairs) // 2][0]
    finite = [held_within(value) for _, value in pairs if math.isfinite(value)]
    if not finite:
        return Point(step, None, None, None)
    return Point(step, min(finite), sum(finite) / len(finite), max(finite))


def _distinct(curves: Sequence[Curve]) -> list[Curve]:
    """Parameter groups often share one learning rate: equal curves are drawn once, under all their names."""
    by_course: dict[tuple[tuple[int, ...], tuple[float, ...]], list[Curve]] = {}
    for curve in curves:
        by_course.setdefault((curve.steps, curve.values), []).append(curve)
    return [Curve(_joined(same), same[0].steps, same[0].values) for same in by_course.values()]


def _joined(curves: Sequence[Curve]) -> str:
    names = [curve.name for curve in curves]
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} equal"


def _extremes(folded: Iterable[tuple[Point, ...]]) -> Iterator[float]:
    for point in (p for points in folded for p in points):
        yield from (v for v in (point.low, point.high) if v is not None)


def _first_not_finite(curve: Curve) -> list[int]:
    return [s for s, v in zip(curve.steps, curve.values, strict=False) if not math.isfinite(v)][:1]


def _line(name: str, points: tuple[Point, ...], x: Axis, y: Axis) -> Line:
    runs = list(_runs(points))
    readings = tuple((x.at(p.step), p.step, "not finite" if p.mean is None else number(p.mean)) for p in points)
    means = [[(x.at(p.step), y.at(mean)) for p in run if (mean := p.mean) is not None] for run in runs]
    lone = [run[0] for run in means if len(run) == 1]
    few = [spot for run in means for spot in run] if len(points) <= MOST_DOTTED else lone
    return Line(
        name=name,
        path=" ".join(_path(run) for run in means),
        band=" ".join(_band(run, x, y) for run in runs) if any(p.low != p.high for p in points) else "",
        dots=tuple(few),
        readings=readings,
    )


def _runs(points: Iterable[Point]) -> Iterator[list[Point]]:
    run: list[Point] = []
    for point in points:
        if point.mean is not None:
            run.append(point)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _path(spots: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in spots)


def _band(run: Sequence[Point], x: Axis, y: Axis) -> str:
    upper = [(x.at(p.step), y.at(p.high)) for p in run if p.high is not None]
    lower = [(x.at(p.step), y.at(p.low)) for p in run if p.low is not None]
    return _path(upper + lower[::-1]) + "Z"


def _marks(first_steps: Sequence[tuple[int, int]], x: Axis) -> Iterator[Mark]:
    placed: list[Mark] = []
    for finding, step in sorted(first_steps, key=lambda pair: pair[1]):
        at = x.at(max(x.low, min(x.high, step)))
        level = sum(abs(at - mark.x) < MARK_SPACING for mark in placed)
        placed.append(Mark(finding, at, level))
    yield from placed
