"""Where a study is kept: a journal file in a folder, or a database that workers on many machines reach."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wellfit.errors import UsageError
from wellfit.tune.study.address import is_address
from wellfit.tune.study.database import LONGEST_NAME, Database
from wellfit.tune.study.journal import Journal, Lines
from wellfit.tune.study.journal_file import JournalFile
from wellfit.tune.study.journal_rows import JournalRows
from wellfit.tune.study.names import choose, elsewhere_in, names_in

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

JOURNAL_NAME = "journal.log"
MEMORY = "memory"
"""Place of a study that is kept nowhere: no absolute folder, and no address."""

STUDY_VARIABLE = "WELLFIT_STUDY"
"""Environment variable with the place of a study: an address on a command line shows its password to all."""

Tell = Callable[[str], None]


def _unheard(_: str) -> None:
    """Nobody hears it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What a study is kept in, opened.

    Args:
        read: gives the study as it stands, as a storage of the engine that is read from the beginning.
        together: gives a context in which all changes are written as one, and nobody else writes.
        loosely: gives a context in which all changes are written as one, at its end, while others may write.
        steady: gives a context in which nothing is looked for that others write.
        close: lets go of its connection.
    """

    read: Callable[[], "BaseStorage"]
    together: Callable[[], AbstractContextManager[None]] = nullcontext
    loosely: Callable[[], AbstractContextManager[None]] = nullcontext
    steady: Callable[[], AbstractContextManager[None]] = nullcontext
    close: Callable[[], None] = lambda: None


def check_installed() -> None:
    """Raise where there is no engine.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import optuna  # noqa: F401
        import scipy  # noqa: F401
    except ImportError as error:
        raise UsageError(f"the search needs {error.name}: `pip install 'wellfit[tune]'`") from None


def open_storage(
    place: str, name: str | None = None, *, make: bool = False, tell: Tell = _unheard, is_patient: bool = False
) -> Kept:
    """Open what a study is kept in.

    Args:
        place: absolute folder, or the address of a database.
        name: of the study; None for the only one.
        make: whether it is to be begun.
        tell: hears that a database is away, which is waited for.
        is_patient: whether a database that is away now is waited for, too.

    Raises:
        UsageError: it cannot be reached or written, or is damaged; or a database has no such study.
    """
    check_installed()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    if place == MEMORY:
        storage = optuna.storages.InMemoryStorage()
        return Kept(lambda: storage)
    if is_address(place):
        return _open_database(place, name, make=make, tell=tell, is_patient=is_patient)
    return _kept(JournalFile(_path_in(Path(place), make=make)))


def _kept(lines: Lines, close: Callable[[], None] = lambda: None) -> Kept:
    journal = Journal(lines)

    def read() -> "BaseStorage":
        from optuna.storages import JournalStorage

        journal.rewind()
        try:
            return JournalStorage(journal)  # type: ignore[arg-type]  # it asks for no more than reading and appending
        except (KeyError, ValueError, TypeError, AssertionError) as error:
            raise UsageError(
                f"the study cannot be read: what {lines.where} says does not fit together ({type(error).__name__}:"
                f" {error}). Nothing was changed: put a copy of it back, or begin another search"
            ) from None

    return Kept(read, journal.together, journal.loosely, journal.steady, close)


def _path_in(folder: Path, *, make: bool) -> Path:
    path = folder / JOURNAL_NAME
    if not make and not path.is_file():
        raise UsageError(f"no study lies in {folder}")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("ab"):
            pass
    except OSError as error:
        raise UsageError(f"the study in {folder} cannot be written: {error.strerror or error}") from None
    return path


def _open_database(address: str, name: str | None, *, make: bool, tell: Tell, is_patient: bool) -> Kept:
    database = Database(address, tell)
    database.is_patient = is_patient
    if make and name is not None:
        database.run(database.make_table)
    else:
        ours = names_in(database)
        name = choose(ours, name, {} if name in ours else elsewhere_in(database))
    database.is_patient = True
    return _kept(JournalRows(database, name), database.close)


def check_free(place: str, name: str) -> None:
    """Raise where a study could not be begun, before anything else is done; leaves nothing behind.

    Args:
        place: absolute folder, or the address of a database.
        name: that it is to have.

    Raises:
        UsageError: it cannot be reached or written, or the name is taken.
    """
    check_installed()
    if is_address(place):
        _check_free_in_database(place, name)
        return
    folder = Path(place)
    if (folder / JOURNAL_NAME).exists():
        raise taken(name)
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
        for path in made:
            path.rmdir()
    except OSError as error:
        raise UsageError(f"the study in {folder} cannot be written: {error.strerror or error}") from None


def _check_free_in_database(address: str, name: str) -> None:
    """Where the table is missing, it is made; a row of the study is written, and taken back."""
    if len(name) > LONGEST_NAME:
        raise UsageError(f"the name of the study has {len(name):,} characters: a database takes {LONGEST_NAME}")
    with closing(Database(address)) as database:
        if name in names_in(database) or name in elsewhere_in(database):
            raise taken(name)
        database.run(database.make_table)
        database.run(lambda: _try_to_write(database, name))


def _try_to_write(database: Database, name: str) -> None:
    row = {"study": name, "number": 0, "token": uuid.uuid4().hex, "lines": ""}
    database.begin()
    database.connection.execute(database.journal.insert(), row)
    database.roll_back()


def taken(name: str) -> UsageError:
    """That a study has this name."""
    return UsageError(f"a study named {name} is there already: --resume goes on with it, --name gives another name")


def has_study(place: str, name: str) -> bool:
    """Whether a study of this name is kept there, by whomever it was made.

    Args:
        place: absolute folder, or the address of a database.
        name: of the study.

    Raises:
        UsageError: it cannot be reached.
    """
    if not is_address(place):
        if not (Path(place) / JOURNAL_NAME).is_file():
            return False
        return name in {study.study_name for study in open_storage(place).read().get_all_studies()}
    check_installed()
    with closing(Database(place)) as database:
        return name in names_in(database) or name in elsewhere_in(database)


def place_in_environment() -> str | None:
    """The study that this process was started for.

    The processes that we start in turn do not find it there: it may hold a password.
    """
    return os.environ.pop(STUDY_VARIABLE, "") or None
