"""The folders of runs: `.wellfit/runs/YYYY-MM-DD/ID/`, safe with many processes, and readable after any kill."""

import contextlib
import os
import re
import secrets
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from wellfit.errors import RecordError, UsageError
from wellfit.model.record import RunRecord
from wellfit.runs.alive import AliveLock, life_of
from wellfit.runs.atomic import write_whole
from wellfit.runs.record_file import ReadRecord, read_record, write_record

PART = ".new-"
"""Begins the name of a folder that is not complete yet."""

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""Without what is read for one another: l and 1, o and 0."""

_LETTERS = 4
_TRIES = 100
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ID = re.compile(rf"\d{{8}}-\d{{6}}-[{_ALPHABET}]{{{_LETTERS}}}")

_LISTED = 8
"""Runs that an ambiguous prefix is answered with."""

_RECENT = 1_000
"""Runs among which the nearest id is looked for."""


@dataclass(frozen=True, slots=True)
class Unkept:
    """A run that is not recorded.

    Args:
        reason: a sentence without a full stop.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run that was read.

    Args:
        record: killed where it says running and its process is gone.
        folder: of its files.
        notes: about its reading.
        is_copy: its folder was copied from that of another id.
        plain: the record as its file holds it, where a newer version wrote it.
    """

    record: RunRecord
    folder: Path
    notes: tuple[str, ...] = ()
    is_copy: bool = False
    plain: dict[str, Any] | None = None


class OpenRun:
    """A run that is being recorded by this process.

    Args:
        folder: of its files.
        record: as it was written first.
        lock: that is held.
    """

    def __init__(self, folder: Path, record: RunRecord, lock: AliveLock) -> None:
        self.folder, self.record, self._lock = folder, record, lock

    def write(self, record: RunRecord) -> str | None:
        """Write the record again; the reason where that cannot be done, and then the former one stands."""
        self.record = replace(record, id=self.record.id, started=self.record.started, pid=self.record.pid)
        try:
            write_record(self.folder, self.record)
        except OSError as error:
            return f"the record of {self.record.id} cannot be written: {error.strerror}"
        return None

    def close(self, record: RunRecord) -> str | None:
        """Write the record for the last time and let go of the run; the reason where it cannot be written."""
        reason = self.write(record)
        self._lock.release()
        return reason


class Store:
    """The runs below a `.wellfit`.

    Args:
        home: that folder; it is made with the first run.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "runs"

    def begin(self, draft: RunRecord, *, now: datetime | None = None) -> OpenRun | Unkept:
        """Start to record a run, which is there in whole from then on, or not at all.

        Args:
            draft: its id, start, process and status are filled in.
            now: time with its zone; the present one if None.

        Returns:
            The run, or the reason why it cannot be kept; nothing is raised.
        """
        moment = (now or datetime.now(timezone.utc)).astimezone(timezone.utc)
        try:
            self._make_home()
            day = self.folder / f"{moment:%Y-%m-%d}"
            day.mkdir(mode=0o700, exist_ok=True)
            for _ in range(_TRIES):
                if run := self._try(day, draft, moment):
                    return run
        except OSError as error:
            return Unkept(f"the run is not recorded in {self.home}: {error.strerror}")
        return Unkept(f"the run is not recorded in {self.home}: no id is free")

    def read(self, word: str) -> KeptRun:
        """Read a run.

        Args:
            word: its id, the beginning of it, or the letters at its end.

        Raises:
            UsageError: no run is called so, or more than one.
            RecordError: its record cannot be understood.
        """
        return self.read_folder(self.find(word))

    def find(self, word: str) -> Path:
        """The folder of a run, by its id, the beginning of it, or the letters at its end.

        Raises:
            UsageError: no run is called so, or more than one.
        """
        found = [folder for folder in self._days_of(word) if _is_called(folder.name, word)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise UsageError(f"no run is called {word}{self._nearest(word)}")
        names = [folder.name for folder in found]
        more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
        raise UsageError(f"{word} may be any of {len(names):,} runs: {', '.join(names[:_LISTED])}{more}")

    def read_folder(self, folder: Path) -> KeptRun:
        """Read the run in a folder; one whose process is gone without a word is killed, and that is written down.

        Raises:
            RecordError: its record cannot be understood.
        """
        read = read_record(folder)
        if read.record.status == "running" and life_of(folder) != "alive":
            read = read_record(folder)  # its last word came before the lock was let go of
            if read.record.status == "running" and _is_gone(folder, read.record):
                read = _killed(folder, read)
        if read.record.id == folder.name:
            return KeptRun(read.record, folder, read.notes, plain=read.plain)
        note = f"its folder was copied from {read.record.id}"
        record = replace(read.record, id=folder.name)
        return KeptRun(record, folder, (*read.notes, note), is_copy=True, plain=read.plain)

    def days(self) -> list[Path]:
        """Folders of the days, the latest first; a link, which may lead anywhere, is none."""
        with contextlib.suppress(OSError), os.scandir(self.folder) as entries:
            names = [entry.name for entry in entries if _DAY.fullmatch(entry.name) and not entry.is_symlink()]
            return [self.folder / name for name in sorted(names, reverse=True)]
        return []

    def ids(self, day: Path) -> list[str]:
        """Ids of the runs of a day, the latest first; a link is none."""
        with contextlib.suppress(OSError), os.scandir(day) as entries:
            names = (entry.name for entry in entries if _ID.fullmatch(entry.name) and not entry.is_symlink())
            return sorted(names, reverse=True)
        return []

    def _days_of(self, word: str) -> Iterator[Path]:
        """Folders of all runs of the days that a beginning of an id leaves open."""
        for day in self.days():
            date = day.name.replace("-", "")
            if len(word) == _LETTERS or not word[:8].isdigit() or date.startswith(word[:8]):
                yield from (day / name for name in self.ids(day))

    def _nearest(self, word: str) -> str:
        recent: list[str] = []
        for day in self.days():
            recent += self.ids(day)
            if len(recent) > _RECENT:
                break
        close = get_close_matches(word, recent[:_RECENT], n=1)
        if close:
            return f" (did you mean {close[0]}?)"
        return f" (the latest is {recent[0]})" if recent else f": there are none in {self.folder}"

    def _make_home(self) -> None:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        ignore = self.home / ".gitignore"
        if not ignore.exists():
            write_whole(ignore, "*\n")

    def _try(self, day: Path, draft: RunRecord, moment: datetime) -> OpenRun | None:
        """Make the folder under a name that no one reads, and give it its own once it is complete."""
        name = f"{moment:%Y%m%d-%H%M%S}-{''.join(secrets.choice(_ALPHABET) for _ in range(_LETTERS))}"
        part, folder = day / f"{PART}{name}", day / name
        try:
            part.mkdir(mode=0o700)
        except FileExistsError:
            return None
        started = moment.isoformat(timespec="microseconds")
        record = replace(draft, id=name, started=started, status="running", pid=os.getpid())
        lock = AliveLock(part)
        try:
            write_record(part, record)
            os.rename(part, folder)  # onto another run, which is never empty, it fails
        except OSError:
            lock.release()
            shutil.rmtree(part, ignore_errors=True)
            if folder.exists():
                return None
            raise
        return OpenRun(folder, record, lock)


def _is_called(name: str, word: str) -> bool:
    return name.startswith(word) or (len(word) == _LETTERS and name.endswith(word))


def _is_gone(folder: Path, record: RunRecord) -> bool:
    """Whether the process has ended; without locks its number decides, on the machine that gave it."""
    life = life_of(folder)
    if life != "unknown":
        return life == "dead"
    if os.name == "nt" or record.machine is None or record.machine.host != socket.gethostname():
        return False
    try:
        os.kill(record.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _killed(folder: Path, read: ReadRecord) -> ReadRecord:
    note = "its process ended without a word"
    record = replace(read.record, status="killed", notes=(*read.record.notes, note))
    if not read.newer:
        with contextlib.suppress(OSError):
            write_record(folder, record)
    return replace(read, record=record)


def read_all(store: Store) -> Iterator[KeptRun | RecordError]:
    """Every run, the latest first; in the place of what cannot be read, the reason."""
    for day in store.days():
        for name in store.ids(day):
            try:
                yield store.read_folder(day / name)
            except RecordError as error:
                yield error
