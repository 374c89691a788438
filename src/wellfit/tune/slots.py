"""Which of the planned trials are open, and which attempts count: decided from what the storage holds, by all alike.

Each planned trial is a slot. Workers on other machines see the same trials, and may be killed between any two writes:
so nothing is remembered elsewhere, and where two have done the same, both see which one counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from wellfit.model.study import FINAL, TrialSeen


def by_slot(trials: Iterable[TrialSeen]) -> Mapping[int, tuple[TrialSeen, ...]]:
    """The trials that count, by slot, in the order of their attempts."""
    mine = sorted(
        (t for t in trials if t.slot >= 0 and t.end != "surplus"), key=lambda t: (t.slot, t.attempt, t.number)
    )
    return {slot: tuple(group) for slot, group in groupby(mine, key=lambda trial: trial.slot)}


def is_surplus(trial: TrialSeen, trials: Iterable[TrialSeen]) -> bool:
    """Whether another trial is the same attempt at the same slot, and was there before; or the slot has its end."""
    if trial.slot < 0:
        return True
    others = [t for t in by_slot(trials).get(trial.slot, ()) if t.number != trial.number]
    return any(t.end in FINAL or (t.attempt == trial.attempt and t.number < trial.number) for t in others)


def lost(trials: Iterable[TrialSeen], *, retries: int) -> tuple[TrialSeen, ...]:
    """The latest attempt at each slot whose worker was gone, and that nobody has begun again.

    Args:
        trials: all of the study.
        retries: after which a slot is given up.
    """
    latest = [attempts[-1] for attempts in by_slot(trials).values() if all(t.end == "dead" for t in attempts)]
    return tuple(trial for trial in latest if trial.attempt < retries)


def ended(trials: Sequence[TrialSeen], *, retries: int) -> tuple[TrialSeen, ...]:
    """One trial for each slot that has its end, or was given up, in the order of slots."""
    found = []
    for attempts in by_slot(trials).values():
        final = next((t for t in attempts if t.end in FINAL), None)
        given_up = attempts[-1] if attempts[-1].end == "dead" and attempts[-1].attempt >= retries else None
        if final or given_up:
            found.append(final or attempts[-1])
    return tuple(found)
