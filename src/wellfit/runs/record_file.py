"""A run's record as a file, and back."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellfit.errors import RecordError
from wellfit.model.plain import build, values
from wellfit.model.record import RunRecord
from wellfit.runs.atomic import write_whole
from wellfit.runs.migrations import is_newer, migrate
from wellfit.runs.secrets import mask_record

RECORD = "record.json"


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """A record as it was read.

    Args:
        record: in the form of today.
        notes: about its reading.
        newer: a newer version wrote it: it must not be written again.
    """

    record: RunRecord
    notes: tuple[str, ...] = ()
    newer: bool = False


def write_record(folder: Path, record: RunRecord) -> None:
    """Write a record in whole, without its secrets.

    Raises:
        OSError: it cannot be written; the former one stands.
    """
    write_whole(folder / RECORD, json.dumps(mask_record(record), default=values, indent=1))


def read_record(folder: Path) -> ReadRecord:
    """Read the record of a run.

    Raises:
        RecordError: there is none, or it cannot be understood.
    """
    try:
        plain: Any = json.loads((folder / RECORD).read_bytes())
        today, notes = migrate(plain)
        return ReadRecord(build(RunRecord, today), notes, newer=is_newer(plain))
    except OSError as error:
        raise RecordError(f"{folder.name} has no record that can be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise RecordError(f"the record of {folder.name} cannot be understood: {error}") from error
