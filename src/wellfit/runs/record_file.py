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
from wellfit.runs.regular_file import read_regular
from wellfit.runs.secrets import mask_record
from wellfit.runs.sound import check_sound
from wellfit.runs.unknown_fields import with_unknown

RECORD = "record.json"

MOST_BYTES = 32 * 2**20
"""Of a record that is read: a thousand times that of a run with a hundred options and packages."""


@dataclass(frozen=True, slots=True)
class ReadRecord:
    """A record as it was read.

    Args:
        record: in the form of today.
        notes: about its reading.
        newer: a newer version wrote it: it must not be written again.
        plain: as the file holds it, where a newer version wrote it.
    """

    record: RunRecord
    notes: tuple[str, ...] = ()
    newer: bool = False
    plain: dict[str, Any] | None = None


def write_record(folder: Path, record: RunRecord) -> None:
    """Write a record in whole, without its secrets.

    Raises:
        OSError: it cannot be written; the former one stands.
    """
    write_whole(folder / RECORD, record_text(record))


def record_text(record: RunRecord, plain: dict[str, Any] | None = None) -> str:
    """A record as JSON in ASCII, without its secrets.

    Args:
        record: in the form of today.
        plain: as the file of a newer version holds it: what is not known of it is put beside the rest.
    """
    text = json.dumps(mask_record(record), default=values, indent=1)
    if plain is None:
        return text
    try:
        return json.dumps(with_unknown(json.loads(text), plain), indent=1)
    except RecursionError:  # a stranger's
        return text


def read_record(folder: Path) -> ReadRecord:
    """Read the record of a run, without its secrets: who wrote it may not have masked them.

    Raises:
        RecordError: there is none, or it cannot be understood.
    """
    try:
        plain: Any = json.loads(read_regular(folder / RECORD, MOST_BYTES))
        today, notes = migrate(plain)
        record = build(RunRecord, today)
        check_sound(record)
        newer = is_newer(plain)
        return ReadRecord(mask_record(record), notes, newer=newer, plain=plain if newer else None)
    except OSError as error:
        raise RecordError(f"{folder.name} has no record that can be read: {error.strerror}") from error
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
        raise RecordError(f"the record of {folder.name} cannot be understood: {error}") from error
