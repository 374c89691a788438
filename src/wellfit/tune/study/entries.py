"""What is written of a trial: each time in one piece, so that a kill leaves all of it, or nothing."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wellfit.model.knob import Value
from wellfit.model.study import End
from wellfit.tune.study.held import LOST, Held
from wellfit.tune.study.slots import Opening
from wellfit.tune.study.storage import Kept
from wellfit.tune.study.translate import BEAT, TOLD

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.storages import BaseStorage

BEAT_S = 5.0
"""Seconds between two signs of life of a worker."""


class Entries:
    """Writes into one study.

    Args:
        kept: what it is kept in.
        storage: of the engine, read from there.
        study: its id there.
        space: ranges of the knobs by key.
    """

    def __init__(self, kept: Kept, storage: "BaseStorage", study: int, space: "Mapping[str, BaseDistribution]") -> None:
        self._kept, self._storage, self._study, self._space = kept, storage, study, dict(space)

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Write what the block changes as one. It begins no trial, and changes none that was given up meanwhile."""
        with self._kept.loosely():
            yield
        with self._kept.steady():
            while not self._is_taken_in():
                pass

    def _is_taken_in(self) -> bool:
        """Whether all that was written has been read; a change of a trial that has ended is passed over."""
        from optuna.exceptions import UpdateFinishedTrialError

        try:
            self._storage.get_study_name_from_id(self._study)  # reads, as all of its methods do
        except UpdateFinishedTrialError:
            return False
        return True

    def is_given_up(self, held: Held) -> bool:
        """Whether a trial that was not told is known to have ended: its worker seemed to be gone."""
        with self._kept.steady():
            return held.id == LOST or self._storage.get_trial(held.id).state.is_finished()

    def begin(self, opening: Opening, values: Mapping[str, Value] | None, worker: str, copy: str) -> Held:
        """That a worker begins an attempt at a slot.

        Args:
            opening: of the slot.
            values: of the knobs by key; empty for the script's own setting, None where they are not known yet.
            worker: who begins it.
            copy: folder that it will run in.
        """
        import optuna

        params = {name: values[name] for name in self._space} if values else {}
        left_by = opening.left.copy if opening.left else ""
        notes = {"slot": opening.slot, "attempt": opening.attempt, "worker": worker, "copy": copy, "left_by": left_by}
        template = optuna.trial.create_trial(
            state=optuna.trial.TrialState.RUNNING,
            params=params,
            distributions=self._space if params else {},
            user_attrs=notes,
        )
        trial = self._storage.create_new_trial(self._study, template)
        number = self._storage.get_trial_number_from_id(trial)
        return Held(opening.slot, opening.attempt, worker, left_by, None if values is None else params, trial, number)

    def report(self, held: Held, values: Sequence[float], every: int) -> int:
        """Values that are reported, and a sign of life.

        Args:
            held: a trial that was not given up.
            values: that have come.
            every: one of so many is written.

        Returns:
            How many have come by now.
        """
        count = held.count
        for value in values:
            count += 1
            if count % every == 0 and math.isfinite(value):
                held.course[count // every] = value
                self._storage.set_trial_intermediate_value(held.id, count // every, value)
        if time.monotonic() - held.beaten > BEAT_S:
            self._storage.set_trial_user_attr(held.id, BEAT, held.beat + 1)
            held.beaten, held.beat = time.monotonic(), held.beat + 1
        return count

    def finish(self, trial: int, end: End, notes: Mapping[str, Any], *, is_within: bool) -> None:
        """All that is known first, its state last: who finds it without can finish it for us.

        Args:
            trial: its id; `LOST` writes nothing.
            end: how it ended.
            notes: see `notes_of`.
            is_within: whether its values lie in the ranges; one outside would empty the space of the engine.
        """
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        if trial == LOST:
            return
        value = notes.get("value")
        state = {"done": TrialState.COMPLETE, "pruned": TrialState.PRUNED, "diverged": TrialState.PRUNED}.get(end)
        if state is None or not is_within or (end == "done" and value is None):
            state = TrialState.FAIL
        try:
            if end != "dead":
                self._storage.set_trial_user_attr(trial, TOLD, {"end": end, **notes})
            values = [float(value)] if value is not None and state == TrialState.COMPLETE else None
            self._storage.set_trial_state_values(trial, state, values)
        except UpdateFinishedTrialError:  # told before, and unheard; or given up, and tried elsewhere
            return

    def give_up(self, number: int) -> None:
        """That the worker of a trial is gone, which may have told its end, and not lived to set its state."""
        trial = self.id_of(number)
        frozen = self._storage.get_trial(trial)
        told = dict(frozen.user_attrs.get(TOLD) or {"end": "dead"})
        self.finish(trial, told.pop("end"), told, is_within=bool(frozen.params))

    def id_of(self, number: int) -> int:
        """The id of a trial in the storage, by its number in the study."""
        return self._storage.get_trial_id_from_study_id_trial_number(self._study, number)
