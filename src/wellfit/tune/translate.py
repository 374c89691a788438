"""A trial of the engine in our own words."""

from typing import TYPE_CHECKING

from wellfit.model.study import End, TrialSeen

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


def seen_of(frozen: "FrozenTrial") -> TrialSeen:
    """What the storage holds of one trial.

    A failed one that says nothing of its end was given up, for its worker was gone.
    """
    from optuna.trial import TrialState

    notes = frozen.user_attrs
    fixed = frozen.system_attrs.get("fixed_params") or {}
    end: End | None = notes.get("end")
    runs = frozen.state == TrialState.RUNNING
    if end is None and frozen.state.is_finished():
        end = "dead" if frozen.state == TrialState.FAIL else "pruned"
    return TrialSeen(
        number=frozen.number,
        slot=int(notes.get("slot", -1)),
        attempt=int(notes.get("attempt", 0)),
        end=end,
        runs=runs,
        values={**fixed, **frozen.params},
        value=notes.get("value"),
        course=dict(frozen.intermediate_values),
        run=str(notes.get("run", "")),
        reason=str(notes.get("reason", "")),
        worker=str(notes.get("worker", "")),
        copy=str(notes.get("copy", "")),
        seconds=notes.get("seconds"),
        beat=int(notes.get("beat", 0)),
        best_at=notes.get("best_at"),
        best=notes.get("best"),
    )
