"""What differs between two runs: code, options, environment, data, metrics."""

import math
import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from wellfit.model.comparison import Comparison, Difference, MetricCompared, Verdict
from wellfit.model.record import MetricSummary, RunRecord
from wellfit.model.report import Curve

Curves = Mapping[str, Curve]


def compare(
    first: RunRecord,
    second: RunRecord,
    *,
    curves: tuple[Curves, Curves] = ({}, {}),
    patches: tuple[str, str] = ("", ""),
    noise: Mapping[str, float] | None = None,
) -> Comparison:
    """Put two runs side by side.

    Args:
        first: the one that is compared with.
        second: the one that is compared.
        curves: of each one's metrics.
        patches: what each one's code has beyond its commit, as text.
        noise: standard deviation from seed to seed by metric, where it was measured.
    """
    return Comparison(
        first=first,
        second=second,
        code=tuple(_code(first, second, patches)),
        options=tuple(_differences(first.values, second.values)),
        environment=tuple(_environment(first, second)),
        data=tuple(_data(first, second)),
        metrics=tuple(_metrics(first, second, noise or {})),
        curves=tuple(_curves(first, second, curves)),
        patches=patches,
    )


def _curves(
    first: RunRecord, second: RunRecord, curves: tuple[Curves, Curves]
) -> Iterator[tuple[str, tuple[Curve, ...]]]:
    for name in dict.fromkeys((*curves[0], *curves[1])):
        pairs = zip((first, second), curves, strict=True)
        drawn = tuple(Curve(run.id, of[name].steps, of[name].values) for run, of in pairs if name in of)
        if any(len(curve.steps) > 1 for curve in drawn):
            yield name, drawn


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Difference]:
    for name in dict.fromkeys((*first, *second)):
        one, other = first.get(name), second.get(name)
        if not _same(one, other):
            yield Difference(name, one, other)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):  # True == 1
        return one is other
    return bool(one == other) or (_is_nan(one) and _is_nan(other))


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _code(first: RunRecord, second: RunRecord, patches: tuple[str, str]) -> Iterator[Difference]:
    one, other = first.git, second.git
    yield from _differences(
        {"commit": one and one.commit, "branch": one and one.branch},
        {"commit": other and other.commit, "branch": other and other.branch},
    )
    if patches[0] != patches[1]:
        yield Difference("local changes", _changes(first), _changes(second))
    if first.words != second.words:
        yield Difference("command", shlex.join(first.words), shlex.join(second.words))


def _changes(record: RunRecord) -> str:
    git, own = record.git, record.sources
    if git is None and own is None:
        return "unknown"
    counts = {"sources": len(own.files)} if own else {}
    if git is not None:
        counts |= {"staged": len(git.staged), "unstaged": len(git.unstaged), "untracked": len(git.untracked)}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"


def _environment(first: RunRecord, second: RunRecord) -> Iterator[Difference]:
    yield from _differences(_surroundings(first), _surroundings(second))


def _surroundings(record: RunRecord) -> dict[str, Any]:
    machine, software = record.machine, record.software
    found: dict[str, Any] = {}
    if machine is not None:
        found |= {"host": machine.host, "system": machine.system, "cpu": machine.cpu, "cores": machine.cores}
        found |= {"devices": ", ".join(machine.devices) or "none", "driver": machine.driver}
    if software is not None:
        found |= {"python": software.python, **software.packages}
    if record.seeds is not None and record.seeds.threads:  # else it never came to torch
        found |= {"deterministic": record.seeds.deterministic, "threads": record.seeds.threads}
    return found


def _data(first: RunRecord, second: RunRecord) -> Iterator[Difference]:
    for index, (one, other) in enumerate(zip(first.data, second.data, strict=False)):
        if one != other:
            yield Difference(f"batch {index}", one[:12], other[:12])


def _metrics(first: RunRecord, second: RunRecord, noise: Mapping[str, float]) -> Iterator[MetricCompared]:
    ones = {metric.name: metric for metric in first.metrics}
    others = {metric.name: metric for metric in second.metrics}
    for name in dict.fromkeys((*ones, *others)):
        one, other = ones.get(name), others.get(name)
        verdict = _verdict(one, other, noise.get(name))
        yield MetricCompared(name, _best(one), _best(other), verdict, noise.get(name))


def _best(metric: MetricSummary | None) -> float | None:
    return None if metric is None else metric.best


def _verdict(one: MetricSummary | None, other: MetricSummary | None, noise: float | None) -> Verdict:
    if one is None or other is None:
        return "unknown"
    if one.count == other.count and _same(one.best, other.best) and _same(one.last, other.last):
        return "equal"
    if _same(one.best, other.best) or abs(other.best - one.best) <= TIE * (noise or 0.0):
        return "tie"
    return _judged(one.best, other.best, one.higher_is_better)


def _judged(one: float, other: float, higher: bool | None) -> Verdict:  # noqa: FBT001 - a direction
    """Of values that differ; one that was never a number is worse than any, whichever way is better."""
    if _is_nan(one) or _is_nan(other):
        return "worse" if _is_nan(other) else "better"
    if higher is None:
        return "unknown"
    return "better" if (other > one) is higher else "worse"


TIE = 2 * math.sqrt(2)
"""Standard deviations from seed to seed within which two runs differ by chance: two of their difference."""
