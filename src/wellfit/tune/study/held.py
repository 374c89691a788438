"""What a worker was given to try, and holds until it tells what that came to."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wellfit.model.knob import Value
from wellfit.model.study import TrialSeen, TrialTold

LOST = -1
"""In place of the id of a trial that the storage has no longer."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What a worker is to try.

    Args:
        slot: see `TrialSeen`.
        attempt: see `TrialSeen`.
        values: of the knobs by key; empty for the script's own setting.
        left_by: folder that an attempt was killed in; empty where there was none.
    """

    slot: int
    attempt: int
    values: Mapping[str, Value]
    left_by: str = ""


@dataclass(slots=True)
class Held:
    """A trial that was begun and is not told yet.

    Args:
        slot: see `TrialSeen`.
        attempt: see `TrialSeen`.
        worker: that began it.
        left_by: see `Setting`.
        values: of the knobs by key; None until the engine was asked for them.
        id: in the storage; or `LOST`.
        number: in the study.
    """

    slot: int
    attempt: int
    worker: str
    left_by: str
    values: Mapping[str, Value] | None
    id: int
    number: int
    count: int = 0  # values of the metric that came
    judged: int = 0  # reports that were held against others
    course: dict[int, float] = field(default_factory=dict)
    beat: int = 0
    beaten: float = field(default_factory=time.monotonic)

    def is_of(self, trial: TrialSeen) -> bool:
        """Whether a trial of the slot, as the storage has it, is this one."""
        return (trial.attempt, trial.worker) == (self.attempt, self.worker)

    @property
    def setting(self) -> Setting:
        """For its worker."""
        return Setting(self.slot, self.attempt, self.values or {}, self.left_by)


def notes_of(told: TrialTold) -> dict[str, Any]:
    """What is written of an end, without what is not known."""
    notes = {
        "reason": told.reason,
        "run": told.run,
        "value": told.value,
        "seconds": round(told.seconds, 3),
        "best": told.best,
        "best_at": told.best_at,
    }
    return {name: note for name, note in notes.items() if note not in ("", None) and _is_finite(note)}


def _is_finite(note: object) -> bool:
    return not isinstance(note, float) or math.isfinite(note)
