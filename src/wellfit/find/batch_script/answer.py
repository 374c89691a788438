"""What the runs say, in the words of an answer."""

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from wellfit.find.batch_script.choose import shrunk, soonest, times_to_target
from wellfit.find.batch_script.limit import Limit
from wellfit.find.batch_script.runs import Climbed, ScriptRuns
from wellfit.find.batch_size.capacity import Capacity
from wellfit.find.batch_size.knee import knee
from wellfit.find.batch_size.moves import moves
from wellfit.find.batch_size.noise_scale import NoiseScale, noise_scale
from wellfit.find.batch_size.probe import Probe
from wellfit.model.batch import (
    BatchAnswer,
    CriticalSize,
    FittingSize,
    MovedWith,
    TimedSize,
    TrainingLoader,
    TriedSize,
)
from wellfit.script.command import Command


def answer(  # noqa: PLR0913, PLR0917 - all that an answer stands on
    command: Command,
    runs: ScriptRuns,
    climbed: Climbed,
    capacity: Capacity | None,
    limit: Limit,
    notices: Sequence[str],
    seconds: float,
) -> BatchAnswer:
    """Put an answer together.

    Args:
        command: what was run.
        runs: the runs that were made.
        climbed: sizes in one run.
        capacity: what fits; None where the time was over before.
        limit: on memory.
        notices: of the search.
        seconds: that it took.
    """
    loader = runs.scouted.loader
    scale = noise_scale(climbed.norms, _rows(climbed, loader))
    fits = _fits(runs, capacity, limit)
    timed = tuple(_timed(climbed, scale.size, loader))
    size, reason = _chosen(loader, climbed, scale.size, fits)
    bend = knee([Probe(one.size, 0, None, one.seconds / max(1, one.draws)) for one in climbed.sizes])
    return BatchAnswer(
        script=command.name,
        root=str(command.root or Path.cwd()),
        words=shlex.join(command.words[1:]),
        loader=loader,
        size=size,
        reason=reason,
        fits=fits,
        curve=timed,
        knee=bend.size if bend else None,
        critical=_critical(scale, climbed),
        moves=None if size in {None, loader.batch_size} else _moved(loader, size or 1, scale.size),
        runs=runs.runs,
        seconds=seconds,
        notices=(*runs.scouted.notices, *notices),
    )


def _rows(climbed: Climbed, loader: TrainingLoader) -> int | None:
    """Rows that do not come twice within a comparison; None where an epoch is shorter than that."""
    return loader.rows if all(n.big <= loader.rows for n in climbed.norms) else None


def _fits(runs: ScriptRuns, capacity: Capacity | None, limit: Limit) -> FittingSize:
    tried = tuple(TriedSize(probe.size, probe.peak_bytes, probe.failed) for probe in runs.tried)
    if capacity is None:
        reason = "the time was over before the search was"
        return FittingSize(None, reason, limit.size_bytes, limit.said, limit.margin, None, evaluated=False, tried=tried)
    peak = max((t.peak_bytes for t in tried if t.size == capacity.size and t.failed is None), default=None)
    return FittingSize(
        size=capacity.size,
        reason=_why(capacity, runs.scouted.loader),
        limit_bytes=limit.size_bytes,
        limited_by=limit.said,
        margin=limit.margin,
        peak_bytes=peak,
        evaluated=runs.evaluated,
        tried=tried,
    )


def _why(capacity: Capacity, loader: TrainingLoader) -> str:
    if capacity.ended == "most" and capacity.size == loader.rows:
        return "that is the whole data set"
    if capacity.ended == "memory":
        return "larger ones take more"
    return capacity.reason


def _timed(climbed: Climbed, critical: float | None, loader: TrainingLoader) -> Iterator[TimedSize]:
    if not climbed.sizes:
        return
    times = times_to_target(climbed.sizes, critical, loader.batch_size * loader.accumulate)
    for one, time in zip(climbed.sizes, times, strict=True):
        rate = one.size * max(1, one.draws) / one.seconds
        yield TimedSize(one.size, one.seconds, rate, one.peak_bytes, time if critical is not None else None)


def _chosen(
    loader: TrainingLoader, climbed: Climbed, critical: float | None, fits: FittingSize
) -> tuple[int | None, str]:
    """The size to train with, and why."""
    present = loader.batch_size
    if fits.size is None:
        return None, fits.reason
    if fits.size < present:
        return shrunk(present, fits.size), f"the present {present:,} does not fit"
    effective = present * loader.accumulate
    most = min(fits.size, max(present, loader.rows // 2))  # an epoch of one step is gradient descent
    size = soonest(climbed.sizes, critical, present=present, effective=effective, most=most)
    if size is None:
        return present, "no other size was timed; this one fits"
    by = "time to a target loss" if critical is not None else "throughput"
    which = "the present size has a" if size == present else "the smallest size with a"
    return size, f"{which} {by} within a tenth of the best that fits"


def _critical(scale: NoiseScale, climbed: Climbed) -> CriticalSize:
    reason = scale.reason if climbed.norms else climbed.refusal or scale.reason
    return CriticalSize(scale.size, scale.low, scale.high, len(climbed.norms), climbed.steps, reason)


def _moved(loader: TrainingLoader, size: int, critical: float | None) -> MovedWith:
    moved = moves(
        loader.batch_size,
        size,
        optimizer=loader.optimizer,
        examples=loader.rows,
        accumulate=loader.accumulate,
        critical=critical,
        drop_last=loader.drop_last,
        batch_norm=loader.batch_norm,
    )
    return MovedWith(
        moved.accumulate,
        moved.effective,
        moved.lr_factor,
        moved.lr_rule,
        moved.steps_per_epoch,
        moved.remainder,
        moved.warnings,
    )
