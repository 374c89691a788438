"""Where a study is kept, and which was written to last."""

from pathlib import Path

from wellfit.errors import UsageError
from wellfit.runs.home import find_home
from wellfit.runs.studies import STUDIES


def place_of(folder: Path, name: str, storage: str | None) -> str:
    """Where a study is kept: a folder of its own, or the database that is named."""
    return storage or str(find_home(folder) / STUDIES / name)


def latest_study(folder: Path) -> str:
    """Name of the study that was written to last.

    Raises:
        UsageError: there is none.
    """
    found = list((find_home(folder) / STUDIES).glob("*/journal.log"))
    if not found:
        raise UsageError("there is no search to go on with here: `wellfit tune SCRIPT` begins one")
    return max(found, key=lambda path: path.stat().st_mtime).parent.name
