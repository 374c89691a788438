"""What `wellfit batch` found, for a terminal."""

import math
from collections.abc import Iterator

from rich.text import Text

from wellfit.model.batch import BatchAnswer, MovedWith, TimedSize, TrainingLoader
from wellfit.report.answer import render_answer
from wellfit.report.naming import plural, shown_place

WIDTH = 36
"""Columns of the longest bar."""


def render(answer: BatchAnswer, *, width: int = 100, color: bool = False) -> str:
    """The size, why it is this one, what moves with it, and the throughput over sizes as bars.

    Args:
        answer: with or without a size.
        width: columns of the terminal.
        color: use ANSI colours; without them the text is plain.
    """
    drawing = (Text("\n".join(bars(answer))),) if answer.curve else ()
    return render_answer(
        headline(answer),
        facts(answer),
        drawing,
        answer.notices,
        found=answer.size is not None,
        width=width,
        color=color,
    )


def headline(answer: BatchAnswer) -> str:
    """The size, or why there is none, in one line."""
    now = f"now {answer.loader.batch_size:,}"
    if answer.size is None:
        return f"no batch size ({now}): {answer.reason}"
    fits = f"; up to {answer.fits.size:,} fits" if answer.fits.size else ""
    return f"batch size {answer.size:,}   ({now}{fits})"


def facts(answer: BatchAnswer) -> Iterator[tuple[str, str]]:
    """What there is to know of it: name and text."""
    yield "of", _described(answer.loader, answer.root)
    if answer.size is not None:
        yield "why", answer.reason
    yield "fits", _fitting(answer)
    if answer.knee is not None:
        yield "worth", _worth(answer)
    yield "noise", _noise(answer)
    if answer.moves is not None:
        yield "moves", _moves(answer.moves, answer.loader)
        yield from (("", warning) for warning in answer.moves.warnings)
    yield "cost", f"{plural(answer.runs, 'short run')}, {answer.seconds:.1f} s"
    if answer.size is not None:
        yield "next", next_command(answer)


def next_command(answer: BatchAnswer) -> str:
    """What to do with the size."""
    loader = answer.loader
    if answer.size == loader.batch_size:
        return f"wellfit lr {answer.words}"
    where = f" at {shown_place(loader.made_at, answer.root)}" if loader.made_at else ""
    several = answer.moves.accumulate if answer.moves else 1
    batches = f"accumulate {several} of them a step" if several > 1 else "step on each"
    accumulated = f" and {batches}" if several != loader.accumulate else ""
    return f"set the batch size {answer.size:,}{where}{accumulated}, then: wellfit lr {answer.words}"


def bars(answer: BatchAnswer) -> Iterator[str]:
    """Samples in a second over sizes, one bar a size."""
    top = max(timed.examples_per_s for timed in answer.curve)
    yield f"{'size':>9}  samples in a second"
    for timed in answer.curve:
        bar = "#" * max(1, round(timed.examples_per_s / top * WIDTH))
        yield f"{timed.size:>9,}  {bar:<{WIDTH}} {timed.examples_per_s:>11,.0f}{_marks(timed, answer)}"


def _marks(timed: TimedSize, answer: BatchAnswer) -> str:
    marks = {"now": answer.loader.batch_size, "knee": answer.knee, "found": answer.size}
    names = [name for name, size in marks.items() if size == timed.size]
    return f"  <- {', '.join(names)}" if names else ""


def _described(loader: TrainingLoader, root: str) -> str:
    made = f" at {shown_place(loader.made_at, root)}" if loader.made_at else ""
    rate = "" if loader.rate is None else f" at {loader.rate:.3g}"
    several = f", {loader.accumulate} of them a step" if loader.accumulate > 1 else ""
    last = ", the last one dropped" if loader.drop_last and loader.rows % loader.batch_size else ""
    sizes = f"; samples of {loader.shortest:,} to {loader.longest:,} elements" if loader.varies else ""
    batches = f"{loader.rows:,} rows in batches of {loader.batch_size:,}{several}{last}"
    return f"the loader{made}: {batches}{sizes}; {loader.optimizer}{rate}"


def _fitting(answer: BatchAnswer) -> str:
    fits = answer.fits
    limit = "" if fits.limit_bytes is None else f" {shown_bytes(fits.limit_bytes)}"
    within = f"{limit} {fits.limited_by}, less {fits.margin:.0%}".replace("%", " %")
    if fits.size is None:
        return f"nothing: {fits.reason}"
    longest = " of the largest samples" if answer.loader.varies else ""
    evaluated = ", the script's own evaluation with it" if fits.evaluated else ", an evaluation of it included"
    peak = f" took {shown_bytes(fits.peak_bytes)} of" if fits.peak_bytes else " ran within"
    memory_ended = sum(tried.failed is not None for tried in fits.tried)
    ended = f"; {memory_ended} of {plural(len(fits.tried), 'run')} ended early" if memory_ended else ""
    return f"{fits.size:,}{longest}{peak}{within}{evaluated}; {fits.reason}{ended}"


def _worth(answer: BatchAnswer) -> str:
    largest = answer.curve[-1].size
    if answer.knee == largest:
        return f"throughput grows up to {largest:,} at least, the largest size that was timed"
    return f"throughput grows little beyond {answer.knee:,}"


def _noise(answer: BatchAnswer) -> str:
    critical = answer.critical
    if critical.size is None:
        return f"no critical size: {critical.reason}"
    high = f"{critical.high:,.0f}" if math.isfinite(critical.high) else "more"
    return (
        f"critical size {critical.size:,.0f} ({critical.low or 0:,.0f} to {high}) samples a step over"
        f" {plural(critical.steps, 'step')}; it grows in training, and larger batches save few steps beyond"
    )


def _moves(moves: MovedWith, loader: TrainingLoader) -> str:
    parts = []
    if moves.lr_factor is not None and moves.lr_factor != 1:
        rate = f", {loader.rate:.3g} -> {loader.rate * moves.lr_factor:.3g}" if loader.rate else ""
        parts.append(f"learning rate x {moves.lr_factor:.3g} ({moves.lr_rule} rule{rate})")
    if moves.accumulate != loader.accumulate:
        batches = "each batch" if moves.accumulate == 1 else f"{moves.accumulate:,} batches"
        parts.append(f"{batches} a step, {moves.effective:,} samples")
    if moves.steps_per_epoch is not None:
        parts.append(f"{plural(moves.steps_per_epoch, 'step')} an epoch")
    return "; ".join(parts)


def shown_bytes(count: int) -> str:
    """`412 MB`, `23.1 GB`: in powers of ten.

    Example:
        >>> shown_bytes(412_300_000), shown_bytes(23_100_000_000)
        ('412 MB', '23.1 GB')
    """
    return f"{count / 1e6:,.0f} MB" if count < 1e9 else f"{count / 1e9:,.1f} GB"  # noqa: PLR2004 - a gigabyte
