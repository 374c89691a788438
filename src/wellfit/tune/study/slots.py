"""Which of the planned trials are open, and which attempts count: decided from what the storage holds, by all alike.

Each planned trial is a slot. A worker looks for an open one and begins an attempt at it while nobody else writes.
Workers may be killed between any two writes: so nothing is remembered elsewhere, and whoever looks next finds what is
left to do.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wellfit.model.study import FINAL, TrialSeen


@dataclass(frozen=True, slots=True)
class Opening:
    """A slot that somebody is to begin.

    Args:
        slot: see `TrialSeen`.
        attempt: that it will be.
        left: the attempt before, whose worker was gone; None where there was none.
    """

    slot: int
    attempt: int
    left: TrialSeen | None = None


def ended_by(attempts: Iterable[TrialSeen], *, retries: int) -> TrialSeen | None:
    """The attempt at a slot that stands for it; None while the slot has not come to its end.

    Args:
        attempts: all of the slot that count.
        retries: after which a slot whose workers were gone each time is given up.
    """
    attempts = sorted(attempts, key=_order)
    final = next((trial for trial in attempts if trial.end in FINAL), None)
    if final is not None or not attempts:
        return final
    is_given_up = all(trial.end == "dead" for trial in attempts) and attempts[-1].attempt >= retries
    return attempts[-1] if is_given_up else None


def opening_of(slot: int, attempts: Iterable[TrialSeen], *, retries: int) -> Opening | None:
    """How a slot is to be begun, or begun again; None where somebody is at it, or it has its end.

    Args:
        slot: see `TrialSeen`.
        attempts: all of the slot that count.
        retries: see `ended_by`.
    """
    attempts = sorted(attempts, key=_order)
    if not attempts:
        return Opening(slot, 0)
    latest = attempts[-1]
    if any(trial.end != "dead" for trial in attempts) or latest.attempt >= retries:
        return None
    return Opening(slot, latest.attempt + 1, latest)


def _order(trial: TrialSeen) -> tuple[int, int]:
    return trial.attempt, trial.number


class Book:
    """All trials of a study by slot, kept up to date one trial at a time.

    Args:
        retries: see `ended_by`.
    """

    def __init__(self, retries: int) -> None:
        self._retries = retries
        self._attempts: dict[int, dict[int, TrialSeen]] = {}
        self._ended: dict[int, TrialSeen] = {}
        self._running: dict[int, TrialSeen] = {}
        self._lowest = 0  # all slots below have their end
        self._in_order: tuple[TrialSeen, ...] | None = ()

    def put(self, trial: TrialSeen) -> None:
        """Take in what is known of a trial by now."""
        self._running.pop(trial.number, None)
        attempts = self._attempts.setdefault(trial.slot, {}) if trial.slot >= 0 else {}
        attempts.pop(trial.number, None)
        if trial.slot < 0 or trial.end == "surplus" or not (trial.runs or trial.end):
            return
        attempts[trial.number] = trial
        if trial.runs:
            self._running[trial.number] = trial
        stands = ended_by(attempts.values(), retries=self._retries)
        if stands is not None and self._ended.get(trial.slot) != stands:
            self._ended[trial.slot] = stands
            self._in_order = None
        while self._lowest in self._ended:
            self._lowest += 1

    @property
    def running(self) -> Mapping[int, TrialSeen]:
        """Trials that a worker has, by number."""
        return self._running

    def attempts(self, slot: int) -> Iterable[TrialSeen]:
        """All trials of a slot that count."""
        return self._attempts.get(slot, {}).values()

    def openings(self, planned: int) -> Iterator[Opening]:
        """The slots that are open, in their order.

        Args:
            planned: slots of the study.
        """
        for slot in range(self._lowest, planned):
            opening = opening_of(slot, self.attempts(slot), retries=self._retries)
            if opening is not None:
                yield opening

    def is_over(self, planned: int) -> bool:
        """Whether each slot has come to its end."""
        return self._lowest >= planned

    def ended(self) -> tuple[TrialSeen, ...]:
        """One trial for each slot that has come to its end, in the order of slots."""
        if self._in_order is None:
            self._in_order = tuple(self._ended[slot] for slot in sorted(self._ended))
        return self._in_order
