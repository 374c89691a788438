"""What stands before a run begins: code, machine, packages; gathered beside its start, which waits a moment only."""

from dataclasses import replace
from pathlib import Path
from threading import Thread

from wellfit.model.record import GitState, Machine, RunRecord, Software
from wellfit.runs.git.capture import capture
from wellfit.runs.machine import describe_machine
from wellfit.runs.software import describe_software

LONGEST_WAIT_S = 0.15
"""Seconds that the start of a run waits for git and the rest; what takes longer goes on beside the run."""

LATE = "git had not answered when the run began: what the run itself changed at its start may be among the changes"


class Surroundings:
    """Gathers in a thread of its own.

    Args:
        folder: absolute working folder of the run.
        kept_in: folder of the record.
        program: first word of the command.
    """

    def __init__(self, folder: Path, kept_in: Path, program: str) -> None:
        self._folder, self._kept_in, self._program = folder, kept_in, program
        self._git_notes: tuple[str, ...] = ()
        self._late = False
        self._git = Thread(target=self._look_at_git, daemon=True)
        self._rest = Thread(target=self._look_around, daemon=True)
        self._state: GitState | None = None
        self._machine: Machine | None = None
        self._software: Software | None = None
        self._notes: tuple[str, ...] = ()
        self._git.start()
        self._rest.start()

    def _look_at_git(self) -> None:
        self._state, self._git_notes = capture(self._folder, self._kept_in)

    def _look_around(self) -> None:
        self._machine = describe_machine()
        self._software, self._notes = describe_software(self._program)

    def wait(self) -> None:
        """Until it is all there, or has taken too long."""
        self._rest.join(LONGEST_WAIT_S)
        self._git.join(LONGEST_WAIT_S)
        self._late = self._git.is_alive()

    def write_into(self, record: RunRecord) -> RunRecord:
        """The record with what is there by now; waits for the whole of it."""
        self._rest.join()
        self._git.join()
        late = (LATE,) if self._late else ()
        return replace(
            record,
            git=self._state,
            machine=self._machine,
            software=self._software,
            notes=(*record.notes, *self._git_notes, *self._notes, *late),
        )
