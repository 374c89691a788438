"""A trial of the engine in our own words."""

from typing import TYPE_CHECKING, Any

from wellfit.model.study import End, TrialSeen

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

TOLD = "told"
"""Attribute of a trial with all that its worker said of its end, in one piece: a kill leaves all of it, or nothing."""

BEAT = "beat"
"""Attribute of a trial with how many signs of life its worker has given."""


def seen_of(frozen: "FrozenTrial") -> TrialSeen:
    """What the storage holds of one trial.

    One that has ended and says nothing of its end was given up, for its worker was gone.
    """
    from optuna.trial import TrialState

    notes = frozen.user_attrs
    told: dict[str, Any] = notes.get(TOLD) or {}
    end: End | None = told.get("end")
    if end is None and frozen.state.is_finished():
        end = "dead"
    return TrialSeen(
        number=frozen.number,
        slot=int(notes.get("slot", -1)),
        attempt=int(notes.get("attempt", 0)),
        end=end,
        runs=frozen.state == TrialState.RUNNING,
        values=frozen.params,
        value=told.get("value"),
        course=frozen.intermediate_values,
        run=str(told.get("run", "")),
        reason=str(told.get("reason", "")),
        worker=str(notes.get("worker", "")),
        copy=str(notes.get("copy", "")),
        seconds=told.get("seconds"),
        beat=int(notes.get(BEAT, 0)),
        best_at=told.get("best_at"),
        best=told.get("best"),
    )
