"""Times of rivals that take turns in one process, so that all of them meet the machine's good and bad moments."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Times:
    """CPU milliseconds of one thread, of one contestant's turns."""

    name: str
    least: float
    median: float


def take_turns(contestants: dict[str, Callable[[], object]], rounds: int, calls: int = 1) -> dict[str, Times]:
    """Each contestant in every round, after one turn that is not counted.

    With one call in a turn a contestant meets caches that another has filled, as in a training, whose step lies between
    two calls; with several, most of them meet its own.
    """
    taken: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(rounds + 1):
        for name, run in contestants.items():
            gc.collect(0)
            began = time.process_time()
            for _ in range(calls):
                run()
            taken[name].append(1e3 * (time.process_time() - began) / calls)
        if number == 0:
            taken = {name: [] for name in contestants}
    return {name: Times(name, min(ms), statistics.median(ms)) for name, ms in taken.items()}


def table(times: dict[str, Times], rival: str) -> str:
    """Rows of Markdown; ratios say how many times as fast as the rival."""
    base = times[rival]
    rows = [f"| {rival} | {base.least:.2f} | {base.median:.2f} | | |"]
    rows += [
        f"| {t.name} | {t.least:.2f} | {t.median:.2f} | {base.least / t.least:.1f} | {base.median / t.median:.1f} |"
        for t in times.values()
        if t.name != rival
    ]
    return "\n".join(["| | ms, least | ms, median | ratio, least | ratio, median |", "|---|---|---|---|---|", *rows])
