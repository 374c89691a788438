"""Seconds of a training step at sizes on the way to the largest."""

import time

from wellfit.find.batch_size.attempt import attempted
from wellfit.find.batch_size.examples import Examples
from wellfit.find.batch_size.probe import Probe
from wellfit.find.loop import Loop

STEPS = 5
"""Timed at each size; the fastest counts: what else runs on a machine only makes steps slower."""

SATURATED = 1.03
"""Growth of the throughput from one size to the next below which it counts as none."""


def timed(loop: Loop, examples: Examples, *, most: int, budget_s: float, old: int | None = None) -> list[Probe]:
    """Time steps at powers of two, from below, until twice in a row no more examples are done in a second.

    Args:
        loop: the user's; the caller puts everything back.
        examples: to train on.
        most: the largest size, one that ran.
        budget_s: seconds after which no further size is begun.
        old: the size so far, which is timed too.
    """
    until = time.perf_counter() + budget_s
    probes: list[Probe] = []
    flat = 0
    for size in sizes_up_to(most, old):
        foreseen = 2 * (probes[-1].seconds or 0.0) * (STEPS + 1) if probes else 0.0
        if flat > 1 or time.perf_counter() + foreseen > until:
            break
        seconds, failed = attempted(lambda size=size: _step_seconds(loop, examples, size))  # type: ignore[misc]
        probes.append(Probe(size, 0, failed, seconds))
        if failed is not None:
            break
        flat = flat + 1 if _is_flat(probes) else 0
    return probes


def sizes_up_to(most: int, old: int | None) -> list[int]:
    """Powers of two from 2 on, the size so far, and the largest itself."""
    sizes = {1 << i for i in range(1, most.bit_length())} | {old or most, most}
    return sorted(size for size in sizes if size <= most)


def _step_seconds(loop: Loop, examples: Examples, size: int) -> float:
    loop.begin()
    batch = examples.longest(size)
    loop.run(1, lambda: batch)
    return min(loop.run(1, lambda: batch) for _ in range(STEPS))


def _is_flat(probes: list[Probe]) -> bool:
    rates = [probe.size / max(probe.seconds or 0.0, 1e-9) for probe in probes]
    return len(rates) > 1 and rates[-1] < SATURATED * max(rates[:-1])
