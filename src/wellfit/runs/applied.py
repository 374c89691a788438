"""Which setting of a search was written into which files: places that the search saw are no longer theirs."""

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from wellfit.model.knob import Value
from wellfit.runs.atomic import write_whole
from wellfit.runs.studies import STUDIES

FILE = "applied.json"


def note_applied(home: Path, name: str, values: Mapping[str, Value], texts: Mapping[str, str]) -> None:
    """Write it down, where that can be done: without it, the setting is looked for by its old places once more.

    Args:
        home: the `.wellfit`.
        name: of the search.
        values: of the setting, by key.
        texts: of the files that it was written into, as they are now, by absolute path.
    """
    text = json.dumps({"values": dict(values), "files": {file: _hash(text) for file, text in texts.items()}})
    folder = home / STUDIES / name
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(folder / FILE, text)


def is_applied(home: Path, name: str, values: Mapping[str, Value], texts: Mapping[str, str]) -> bool:
    """Whether a setting was written into files, and these are as they were then.

    Args:
        home: the `.wellfit`.
        name: of the search.
        values: of the setting, by key.
        texts: of the program's files, by absolute path.
    """
    try:
        known = json.loads((home / STUDIES / name / FILE).read_text(encoding="utf-8"))
        files = dict(known["files"])
        same = known["values"] == dict(values)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return same and bool(files) and all(file in texts and _hash(texts[file]) == known for file, known in files.items())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
