"""What a search for a batch size found."""

import math
from dataclasses import dataclass

from wellfit.find.batch_size.capacity import Capacity
from wellfit.find.batch_size.knee import Knee
from wellfit.find.batch_size.moves import Moves
from wellfit.find.batch_size.noise_scale import NoiseScale

MIB = 2**20

NEARLY = 1.1
"""Share of the shortest foreseen training within which the smallest size is taken."""


@dataclass(frozen=True)
class BatchSizeFound:
    """What `find_batch_size` returns; true where it has a size, and readable when printed.

    Attributes:
        size: the smallest whose training is foreseen to take nearly the shortest time; None unless the verdict is "ok".
        verdict: "ok", "nothing fits", or "failed".
        reason: the verdict in a sentence.
        fits: the largest size that ran within the memory, and all runs.
        worth: throughput over size and its knee; None where fewer than two sizes could be timed.
        noise_scale: the critical batch size as the gradients tell it; None where it was not measured.
        noise_steps: optimizer steps along which the gradients were taken.
        moves: what is to be set with `size`; None where there is none.
        verified: whether the largest size ran a second time from a fresh state.
        vary: whether examples differ in length, so that the longest were run.
        old: batch size of the loader; None where a data set was given.
        probe_s: seconds of all runs for memory.
        seconds: of the whole search.
    """

    size: int | None
    verdict: str
    reason: str
    fits: Capacity
    worth: Knee | None
    noise_scale: NoiseScale | None
    noise_steps: int
    moves: Moves | None
    verified: bool
    vary: bool
    old: int | None
    probe_s: float
    seconds: float

    def __bool__(self) -> bool:
        return self.size is not None

    def __str__(self) -> str:
        return "\n".join(line for line in _lines(self) if line)


def chosen_size(fits: int, worth: Knee | None, critical: float | None, old: int | None = None) -> tuple[int, str]:
    """The size to train with, and why.

    With the critical batch size a training of batches of B takes 1 + B / critical times the fewest examples: at each
    size that was timed that is divided by the throughput. Without it the knee counts.

    Args:
        fits: the largest size that fits.
        worth: throughput over size.
        critical: the critical batch size, where it is known.
        old: the size so far; it stays where it is nearly as good, since another must be tuned for anew.

    Source:
        McCandlish et al. 2018, equation 2.11; https://arxiv.org/abs/1812.06162.
    """
    if worth is None:
        return fits, "the largest that fits; no others were timed"
    more = 0.0 if critical is None else 1 / max(critical, 1.0)
    cost = {p.size: (1 + p.size * more) / p.examples_per_s for p in worth.curve if p.size <= fits}
    nearly = [size for size, value in cost.items() if value <= NEARLY * min(cost.values())]
    if old in nearly:
        return old, "as it was: no other is foreseen to train faster by more than a tenth"
    if critical is None:
        return worth.size, "the smallest whose throughput is within a tenth of the best"
    return min(
        nearly
    ), "the smallest with nearly the shortest training: throughput against examples beyond the noise scale"


def _lines(found: BatchSizeFound) -> list[str]:
    fits = found.fits
    runs = f"{len(fits.probes)} runs, {fits.out_of_memory} out of memory, {found.probe_s:.1f} s"
    if found.size is None:
        return [f"size      none: {found.verdict}", f"why       {found.reason}", f"cost      {runs}"]
    return [
        f"size      {found.size}   {found.reason}",
        f"fits      {fits.size}: {fits.reason}{_peak(fits)}",
        f"          tried with {'the longest examples, ' if found.vary else ''}two steps and an evaluation; {runs}",
        _noise(found),
        *_moves(found),
        f"cost      {found.seconds:.1f} s",
        "" if found.worth is None else found.worth.plot(),
    ]


def _peak(fits: Capacity) -> str:
    if not fits.peak_bytes:
        return ""
    limit = "" if fits.limit_bytes is None else f" of {fits.limit_bytes / MIB:,.0f}"
    return f"; peak {fits.peak_bytes / MIB:,.0f}{limit} MiB"


def _noise(found: BatchSizeFound) -> str:
    noise = found.noise_scale
    if noise is None:
        return ""
    if noise.size is None:
        return f"noise     no critical size: {noise.reason}"
    high = "no end" if math.isinf(noise.high) else f"{noise.high:,.0f}"
    return (
        f"noise     critical size {noise.size:,.0f} ({noise.low:,.0f} to {high}) over {found.noise_steps} steps;"
        " it grows in training"
    )


def _moves(found: BatchSizeFound) -> list[str]:
    moved = found.moves
    if moved is None:
        return []
    parts = [] if moved.lr_factor is None else [f"learning rate x {moved.lr_factor:.3g} ({moved.lr_rule} rule)"]
    if moved.accumulate > 1:
        parts.append(f"accumulate {moved.accumulate} batches to keep {moved.effective}")
    if moved.steps_per_epoch is not None:
        parts.append(f"{moved.steps_per_epoch:,} steps an epoch")
    old = "" if found.old is None else f"from {found.old}: "
    return [f"moves     {old}{', '.join(parts)}", *(f"note      {warning}" for warning in moved.warnings)]
