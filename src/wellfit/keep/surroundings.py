"""What stands before a run begins: code, machine, packages; gathered beside its start, which waits a moment only."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread

from wellfit.model.record import GitState, Machine, OwnSources, RunRecord, Software
from wellfit.runs.git.capture import capture
from wellfit.runs.machine import describe_machine
from wellfit.runs.own_sources import keep_more, keep_sources
from wellfit.runs.software import describe_software

LONGEST_WAIT_S = 0.15
"""Seconds that the start of a run waits for git and the rest; what takes longer goes on beside the run."""

LATE = "git had not answered when the run began: what the run itself changed at its start may be among the changes"


class Surroundings:
    """Gathers in a thread of its own.

    Args:
        folder: absolute working folder of the run.
        kept_in: folder of the record.
        words: program and arguments.
    """

    def __init__(self, folder: Path, kept_in: Path, words: Sequence[str]) -> None:
        self._folder, self._kept_in, self._words = folder, kept_in, words
        self._began = time.time()
        self._git_notes: tuple[str, ...] = ()
        self._late = False
        self._git = Thread(target=self._look_at_git, daemon=True)
        self._rest = Thread(target=self._look_around, daemon=True)
        self._state: GitState | None = None
        self._sources: OwnSources | None = None
        self._machine: Machine | None = None
        self._software: Software | None = None
        self._notes: tuple[str, ...] = ()
        self._git.start()
        self._rest.start()

    def _look_at_git(self) -> None:
        self._state, notes = capture(self._folder, self._kept_in)
        root = None if self._state is None else self._state.root
        self._sources, losses = keep_sources(self._words, self._folder, self._kept_in, root)
        self._git_notes = (*notes, *losses)

    def _look_around(self) -> None:
        self._machine = describe_machine()
        self._software, self._notes = describe_software(self._words[0])

    def wait(self) -> None:
        """Until it is all there, or has taken too long."""
        self._rest.join(LONGEST_WAIT_S)
        self._git.join(LONGEST_WAIT_S)
        self._late = self._git.is_alive()

    def keep_more(self, modules: Iterable[str]) -> None:
        """Keep modules that only the run itself could name; where git has the code, it has them.

        Args:
            modules: absolute paths of the user's own.
        """
        self._git.join()
        if self._sources is not None:
            self._sources, losses = keep_more(self._sources, modules, self._kept_in, since=self._began)
            self._git_notes = (*self._git_notes, *losses)

    def write_into(self, record: RunRecord) -> RunRecord:
        """The record with what is there by now; waits for the whole of it."""
        self._rest.join()
        self._git.join()
        late = (LATE,) if self._late else ()
        return replace(
            record,
            git=self._state,
            sources=self._sources,
            machine=self._machine,
            software=self._software,
            notes=(*record.notes, *self._git_notes, *self._notes, *late),
        )
