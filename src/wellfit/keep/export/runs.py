"""Which runs are exported, and what became of each."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wellfit.errors import ExportError, UsageError, WellfitError
from wellfit.keep.export.catalogue import check_installed, target_of
from wellfit.keep.export.told import told_of
from wellfit.keep.killed import complete
from wellfit.runs.index.listing import list_runs
from wellfit.runs.store import KeptRun, Store

FOLDER = "export"
"""Below the `.wellfit`, where nobody names another folder; git does not see it."""


@dataclass(frozen=True, slots=True)
class Exporting:
    """What is to be exported.

    Args:
        tracker: `mlflow` or `wandb`.
        folder: absolute; None for the usual one.
        names: ids, beginnings of them, or the letters at their ends; none for all runs.
        where: conditions, see `wellfit.runs.index.listing.list_runs`.
    """

    tracker: str
    folder: Path | None = None
    names: tuple[str, ...] = ()
    where: tuple[str, ...] = ()


class Exports:
    """Runs on their way to another tracker.

    Args:
        store: that they lie in.
        asked: what is wanted.

    Raises:
        UsageError: a name, a condition or the folder is wrong, or what writes for the tracker is missing.
        ExportError: the tracker cannot use the folder.
    """

    def __init__(self, store: Store, asked: Exporting) -> None:
        check_installed(asked.tracker)
        if asked.names and asked.where:
            raise UsageError("--where is of use without IDs only")
        self._notes: list[str] = []
        self._runs = self._chosen(store, asked)
        self._target = target_of(asked.tracker, asked.folder or _usual_folder(store), _project(store))
        self.written = self.there = self.running = self.refused = 0

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be read or exported so far, a sentence each."""
        return tuple(self._notes)

    @property
    def opened_by(self) -> str:
        """The command that shows, or sends on, what was written."""
        return self._target.opened_by

    def write(self) -> Iterator[str]:
        """Export the runs; one that cannot be keeps no other from it.

        Yields:
            The id of each run that was written.
        """
        for run in self._runs:
            if run.record.status == "running":
                self.running += 1
                continue
            if self._target.has(run.record.id):
                self.there += 1
                continue
            told = told_of(run)
            try:
                self._target.write(told)
            except ExportError as error:
                self._notes.append(str(error))
                self.refused += 1
                continue
            self.written += 1
            self._notes += [f"{told.id}: {note}" for note in told.notes]
            yield told.id

    def _chosen(self, store: Store, asked: Exporting) -> list[KeptRun]:
        if asked.names:
            return [complete(store, store.read(name)) for name in asked.names]
        found = list_runs(store, where=asked.where, limit=sys.maxsize)
        self._notes += found.notes
        runs = []
        for listed in found.runs:
            try:
                runs.append(complete(store, store.read(listed.id)))
            except WellfitError as error:  # removed meanwhile, or damaged
                self._notes.append(str(error))
        return runs


def _usual_folder(store: Store) -> Path:
    folder = store.home / FOLDER
    if folder.is_symlink():  # who left the records here may have left it, too
        raise UsageError(f"{folder} is a link: -o names the folder to write to")
    return folder


def _project(store: Store) -> str:
    """The name of the folder whose runs these are."""
    return store.home.resolve().parent.name or "wellfit"
