"""From a script to its batch size: scout, climb, try, verify."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from wellfit.find.batch_script.answer import answer
from wellfit.find.batch_script.limit import Limit, limit_of
from wellfit.find.batch_script.runs import BETWEEN, GROUPED, MOST_GROUPS, Climbed, OutOfTimeError, ScriptRuns
from wellfit.find.batch_script.scout import Scouted, scout
from wellfit.find.batch_size.capacity import Capacity, search_capacity
from wellfit.find.batch_size.line import NOISE
from wellfit.find.batch_size.probe import Probe
from wellfit.find.spending import Spending
from wellfit.model.batch import BatchAnswer
from wellfit.model.events.batch import SizeClimbed
from wellfit.model.run import Started
from wellfit.prove.stage import Stage
from wellfit.script.command import Command

EXPECTED_RUNS = 4
"""Scout, climb, one try, verification: where memory is no bound."""

CLIMBING = 0.2
"""Share of the budget for timing sizes; as much for comparing gradients."""

LONGEST_CLIMB_S = 12.0

SLOWEST = 0.02
"""Share of the budget that one step may take: a try makes a few of them."""

MOST_VERIFIED = 3
"""Sizes that are verified at most, each smaller than the one before."""

SMALLER = 0.95
"""Of a size that did not pass, the largest that is looked at next."""

PART = 0.9
"""Of the limit, what the climb may have taken for a search to begin at its largest size."""


@dataclass(frozen=True, slots=True)
class BatchTerms:
    """What is asked for.

    Args:
        steps: of the first run.
        most: largest size that is asked for; None takes the data set's rows.
        memory_bytes: that a run may take in all; None takes what is free.
    """

    steps: int
    most: int | None = None
    memory_bytes: int | None = None


def find_batch(
    command: Command, terms: BatchTerms, spending: Spending, *, started: Started | None = None
) -> BatchAnswer:
    """Find which batch sizes fit, which are worth it, and what moves with the size.

    Args:
        command: what starts the script.
        terms: what is asked for.
        spending: what may be spent.
        started: how the process that trains is started, where a launcher does it.

    Raises:
        FinderError: nothing can be looked for.
        ProofError: no trial run can be made.
    """
    began = time.monotonic()
    spending.tell(0, EXPECTED_RUNS)
    with Stage(command.words, spending.folder, started) as stage:
        scouted = scout(stage, steps=terms.steps)
        limit = limit_of(scouted, terms.memory_bytes)
        spending.tell(1, EXPECTED_RUNS)

        def heard(runs: int) -> None:
            spending.tell(runs, max(runs, EXPECTED_RUNS))

        runs = ScriptRuns(stage, scouted, limit.size_bytes, began + spending.budget_s, heard)
        climbed, capacity, notices = _searched(runs, limit, terms.most, spending.budget_s)
    return answer(command, runs, climbed, capacity, limit, notices, time.monotonic() - began)


def _searched(
    runs: ScriptRuns, limit: Limit, most: int | None, budget_s: float
) -> tuple[Climbed, Capacity | None, tuple[str, ...]]:
    """What was found; where the time is over before all was, what ran until then."""
    climbed, capacity = Climbed((), (), "the time was over"), None
    most = min(runs.scouted.loader.rows, most or runs.scouted.loader.rows)
    try:
        climbed = _climb(runs, most, budget_s)
        capacity = _capacity(runs, climbed, limit, most, budget_s)
    except OutOfTimeError:
        over = f"{budget_s:.0f} s were over after {runs.runs} runs: a larger --budget has more"
        return climbed, _so_far(runs.tried, limit), (over,)
    return climbed, capacity, ()


def _so_far(tried: Sequence[Probe], limit: Limit) -> Capacity | None:
    """The largest size that ran within the limit; None where none did."""
    room = math.inf if limit.size_bytes is None else (1 - limit.margin) * limit.size_bytes
    sizes = [probe.size for probe in tried if probe.failed is None and probe.peak_bytes <= room]
    if not sizes:
        return None
    reason = "the time was over, and larger ones may fit"
    return Capacity(max(sizes), "time", reason, limit.size_bytes, limit.margin, tuple(tried), None)


def _climb(runs: ScriptRuns, most: int, budget_s: float) -> Climbed:
    seconds = min(LONGEST_CLIMB_S, CLIMBING * budget_s)
    groups = min(MOST_GROUPS, int(seconds / max(runs.scouted.step_s, 1e-6) / (GROUPED + BETWEEN)))
    return runs.climb(_rungs(runs.scouted.loader.batch_size, most), seconds=seconds, groups=groups)


def _rungs(present: int, most: int) -> tuple[int, ...]:
    """Half of the present size, the present one, and its doubles."""
    rungs = [size for size in (present // 2, present) if 1 < size <= most] or [min(present, most)]
    while 2 * rungs[-1] <= most:
        rungs.append(2 * rungs[-1])
    return tuple(rungs)


def _capacity(runs: ScriptRuns, climbed: Climbed, limit: Limit, most: int, budget_s: float) -> Capacity:
    """The largest size that passes its verification, too."""
    tries: dict[int, Probe] = {}
    verified: set[int] = set()

    def verify(size: int) -> Probe:
        verified.add(size)
        tries[size] = runs.verify(size)
        return tries[size]

    def probe(size: int) -> Probe:
        if size not in tries:
            tries[size] = verify(size) if size == most else runs.try_size(size)
        return _no_less_than_smaller(tries[size], tries)

    capacity = _search(probe, _start(runs.scouted, climbed, limit, most, SLOWEST * budget_s), most, limit, budget_s)
    for _ in range(MOST_VERIFIED):
        if capacity.size is None or capacity.size in verified or verify(capacity.size).failed is None:
            break
        smaller = max(1, int(SMALLER * capacity.size))
        capacity = _search(probe, max(1, smaller // 2), smaller, limit, budget_s)
    return capacity


def _no_less_than_smaller(probe: Probe, tries: Mapping[int, Probe]) -> Probe:
    """With the peak of a smaller batch where that is higher.

    A C library keeps small blocks and gives large ones back, so that peaks fall once tensors are large, and no line
    could be drawn.
    """
    smaller = (other.peak_bytes for other in tries.values() if other.size < probe.size and other.failed is None)
    return probe if probe.failed else replace(probe, peak_bytes=max((probe.peak_bytes, *smaller)))


def _search(probe: Callable[[int], Probe], start: int, most: int, limit: Limit, budget_s: float) -> Capacity:
    return search_capacity(
        probe,
        start=start,
        most=most,
        limit_bytes=limit.size_bytes,
        margin=limit.margin,
        slowest_s=SLOWEST * budget_s,
    )


def _start(scouted: Scouted, climbed: Climbed, limit: Limit, most: int, slowest_s: float) -> int:
    """The largest of all sizes where the climb shows that it fits by far, else one that the climb has run."""
    room = math.inf if limit.size_bytes is None else PART * (1 - limit.margin) * limit.size_bytes
    ran = [one for one in climbed.sizes if (one.peak_bytes or 0) <= room]
    if not ran:
        return min(scouted.loader.batch_size, most)
    first, last = ran[0], ran[-1]
    if _foreseen(first, last, most * _unlike(scouted)) <= room and last.seconds * most / last.size <= slowest_s:
        return most
    return max(1, last.size // 2 if scouted.longest_rows else last.size)


def _foreseen(first: SizeClimbed, last: SizeClimbed, size: float) -> float:
    """Peak at a size, by a line through two that is as steep as the noise of peaks allows."""
    low, high = first.peak_bytes or 0, last.peak_bytes or 0
    rise = max(0, high - low) + NOISE * high
    return high + rise / max(1, last.size - first.size) * max(0.0, size - last.size)


def _unlike(scouted: Scouted) -> float:
    """How much more memory the largest samples may take than usual ones: attention grows with the square of lengths."""
    return (scouted.loader.longest / max(1, scouted.loader.shortest)) ** 2
