"""Records a run: from its start, through what it tells while it runs, to what it came to.

What reads logs and writes the index is imported once the script has started: it would wait for that otherwise.
"""

import os
import secrets
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

from wellfit.keep.surroundings import Surroundings
from wellfit.model.cure import WHOLE, Cure, Trial
from wellfit.model.knob import Value
from wellfit.model.record import RunRecord, Seeds, Status, VerdictKept
from wellfit.model.run import Outcome, WatchSettings
from wellfit.runs.home import find_home
from wellfit.runs.secrets import mask_record
from wellfit.runs.store import OpenRun, Store, Unkept
from wellfit.script.command import Command
from wellfit.script.launch import launch

if TYPE_CHECKING:
    from wellfit.digest.recorded import Recorded

HASH_SEED = "PYTHONHASHSEED"
"""Variable by which the order of sets in the script can be had again; Python draws its seed where it is not set."""

CURVES = ("Tracked",)
"""Events that a run which is recorded alone is watched for, besides what the record itself wants."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run and how its record is to look.

    Args:
        command: what starts the script.
        folder: absolute working folder.
        kind: see `RunRecord`.
        parent: see `RunRecord`.
        environment: variables that the script gets besides, or in place of, ours.
        generators: file with states that the generators are set to; None leaves them alone.
        home: a `.wellfit` for the record; None takes that of the working folder.
        seed_shift: moves every seed of the script; 0 leaves them alone.
        changes: what is changed in the running script; empty for a plain run.
        params: values that `wellfit.params` gives in place of its defaults, by name.
    """

    command: Command
    folder: Path
    kind: str = "run"
    parent: str | None = None
    environment: Mapping[str, str] | None = None
    generators: Path | None = None
    home: Path | None = None
    seed_shift: int = 0
    changes: tuple[Cure, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunKept:
    """A run that was recorded, or the reason why it was not.

    Args:
        outcome: how it ended.
        record: as it was written last; without an id where it could not be kept.
        folder: of the record; None where it could not be kept.
        notices: sentences.
    """

    outcome: Outcome
    record: RunRecord
    folder: Path | None
    notices: tuple[str, ...]


class Recording:
    """A context manager around a run: it is running within, and has ended afterwards.

    Args:
        asked: what is run.
    """

    def __init__(self, asked: Asked) -> None:
        self._asked = asked
        self._leaving = ExitStack()
        self._open: OpenRun | None = None
        self._reasons: tuple[str, ...] = ()
        self._began = time.monotonic()
        self._writing = Lock()
        hash_seed = os.environ.get(HASH_SEED) or str(secrets.randbelow(2**32))
        self.environment = {HASH_SEED: hash_seed, **(asked.environment or {})}
        self.record = RunRecord(
            id="",
            kind=asked.kind,
            words=tuple(asked.command.words),
            folder=str(asked.folder),
            script=asked.command.name,
            started="",
            status="running",
            pid=os.getpid(),
            parent=asked.parent,
            changes=asked.changes,
            params=asked.params,
            seed_shift=asked.seed_shift,
            seeds=Seeds(seeds={HASH_SEED: int(self.environment[HASH_SEED])} if hash_seed.isdigit() else {}),
        )

    def __enter__(self) -> "Recording":  # noqa: PYI034 - `Self` is of Python 3.11
        self._store = Store(self._asked.home or find_home(self._asked.folder))
        begun = self._store.begin(mask_record(self.record))
        if isinstance(begun, Unkept):
            self._reasons = (begun.reason,)
            temporary = tempfile.TemporaryDirectory(prefix="wellfit-", ignore_cleanup_errors=True)
            self.folder = Path(self._leaving.enter_context(temporary)).resolve()
        else:
            self._open, self.folder, self.record = begun, begun.folder, replace(self.record, id=begun.record.id)
        self._surroundings = Surroundings(self._asked.folder, self.folder, self._asked.command.words)
        self._surroundings.wait()
        Thread(target=self._write_surroundings, daemon=True).start()
        return self

    def _write_surroundings(self) -> None:
        """A run that is killed has them, too."""
        record = mask_record(self._surroundings.write_into(self.record))
        with self._writing:
            if self._open and self.record.status == "running":
                self._open.write(record)

    def __exit__(self, *_: object) -> None:
        if self.record.status == "running":
            self.end("failed", None)
        self._leaving.close()

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know."""
        return self._reasons

    def end(
        self,
        status: Status,
        exit_code: int | None,
        *,
        recorded: "Recorded | None" = None,
        verdicts: Sequence[VerdictKept] = (),
        notes: Sequence[str] = (),
    ) -> RunRecord:
        """Write what the run came to.

        Args:
            status: how it ended.
            exit_code: of its process; None where there was none.
            recorded: what it told; None where nothing was heard.
            verdicts: of the rules that looked.
            notes: what could not be recorded.
        """
        record = replace(
            self.record,
            status=status,
            exit_code=exit_code,
            ended=datetime.now(timezone.utc).isoformat(timespec="microseconds"),
            elapsed_s=round(time.monotonic() - self._began, 3),
            verdicts=tuple(verdicts),
            notes=(*self.record.notes, *notes),
        )
        if recorded is not None:
            self._surroundings.keep_more(recorded.modules)
        record = self._surroundings.write_into(record if recorded is None else told_into(record, recorded))
        record = mask_record(record)
        with self._writing:
            self.record = replace(record, started=self._open.record.started) if self._open else record
            reason = self._open.close(record) if self._open else None
        if self._open:
            from wellfit.runs.index.listing import note_run

            note_run(self._store, self.record)
        self._reasons = (*self._reasons, *([reason] if reason else []))
        return self.record


def told_into(record: RunRecord, told: "Recorded") -> RunRecord:
    """The record with what its process told."""
    from wellfit.digest.recorded import summarize_curve

    summaries = (summarize_curve(name, points) for name, points in told.curves.items())
    own = record.seeds.seeds if record.seeds else {}
    seeds = replace(told.seeds, seeds={**own, **told.seeds.seeds}) if told.seeds else record.seeds
    return replace(
        record,
        options=told.options,
        declared=told.declared,
        seeds=seeds,
        data=told.data,
        metrics=tuple(summary for summary in summaries if summary is not None),
    )


def arming_of(asked: Asked) -> dict[str, Any]:
    """What a run is armed with besides its watch: generators as they stood, moved seeds, changes of a trial."""
    return {
        "generators": None if asked.generators is None else str(asked.generators),
        "seed_shift": 0 if asked.changes else asked.seed_shift,
        "trial": Trial(asked.seed_shift, WHOLE, 0, asked.changes) if asked.changes else None,
        "params": asked.params,
    }


def record_run(asked: Asked) -> RunKept:
    """Run a script to its end, recorded alone.

    Args:
        asked: what is run.

    Raises:
        UsageError: the program cannot be started.
    """
    with Recording(asked) as recording:
        settings = WatchSettings(
            str(recording.folder),
            wanted=CURVES,
            record=True,
            lean=True,
            **arming_of(asked),
        )
        outcome = launch(asked.command.words, settings, folder=asked.folder, environment=recording.environment)
        recorded, notes = told_by(outcome)
        record = recording.end(status_of(outcome.exit_code), outcome.exit_code, recorded=recorded, notes=notes)
        folder = recording.folder if record.id else None
    return RunKept(outcome, record, folder, recording.notices)


def told_by(outcome: Outcome) -> "tuple[Recorded | None, tuple[str, ...]]":
    """What the process that keeps the record told, and what is missing from it."""
    from wellfit.keep.curves import told_in

    told = told_in(Path(outcome.logs[0]).parent) if outcome.logs else None
    errors = tuple(f"the record lacks something: {error}" for error in outcome.errors)
    if told is None:
        nothing = "torch was never imported" if outcome.armed else "no Python process could be watched"
        return None, (*errors, f"options, generators and metrics were not recorded: {nothing}")
    return told, errors


KILL = -9


def status_of(exit_code: int) -> Status:
    """How a run ended, from the exit code of its process."""
    if exit_code == KILL:
        return "killed"
    return "failed" if exit_code else "done"
