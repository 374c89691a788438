"""Where a study is kept: a journal file in a folder, or a database that workers on many machines reach."""

import logging
import os
import tempfile
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wellfit.errors import UsageError
from wellfit.tune.study.address import is_address, with_driver, without_password
from wellfit.tune.study.journal import JournalFile
from wellfit.tune.study.patience import database_errors, patiently, words_of

if TYPE_CHECKING:
    from optuna.storages import BaseStorage, RDBStorage

JOURNAL_NAME = "journal.log"
MEMORY = "memory"
"""Place of a study that is kept nowhere: no absolute folder, and no address."""

STUDY_VARIABLE = "WELLFIT_STUDY"
"""Environment variable with the place of a study: an address on a command line shows its password to all."""


_MADE_MEANWHILE = frozenset({"23505", "42P07", "42710"})
"""SQLSTATEs of making what is there already."""

Wait = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Kept:
    """What a study is kept in, opened.

    Args:
        storage: of the engine.
        together: gives a context in which all changes are written as one, where the storage can do that.
        close: lets go of its connections.
        renew: lets go of what a failed call has left open.
    """

    storage: "BaseStorage"
    together: Callable[[], AbstractContextManager[None]] = nullcontext
    close: Callable[[], None] = lambda: None
    renew: Callable[[], None] = lambda: None


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


def open_storage(place: str, *, make: bool = True, wait: "Wait | None" = None) -> Kept:
    """Open what a study is kept in.

    Args:
        place: absolute folder, or the address of a database.
        make: whether a folder is made where it is missing.
        wait: hears that a database is away, which is waited for then; None where that is a mistake.

    Raises:
        UsageError: it cannot be reached or written, or is damaged.
    """
    check_installed()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    if place == MEMORY:
        return Kept(optuna.storages.InMemoryStorage())
    return _open_database(place, wait) if is_address(place) else _open_journal(Path(place), make=make)


def check_free(place: str, name: str) -> None:
    """Raise where a study could not be begun, before anything else is done; leaves nothing behind.

    Args:
        place: absolute folder, or the address of a database.
        name: that it is to have.

    Raises:
        UsageError: it cannot be reached or written, or the name is taken.
    """
    if is_address(place):
        if has_study(place, name):
            raise taken(name)
        return
    check_installed()
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


def taken(name: str) -> UsageError:
    """That a study has this name."""
    return UsageError(f"a study named {name} is there already: --resume goes on with it, --name gives another name")


def has_study(place: str, name: str) -> bool:
    """Whether a study of this name is kept there.

    Args:
        place: see `open_storage`.
        name: of the study.

    Raises:
        UsageError: it cannot be reached or written.
    """
    kept = open_storage(place)
    names = {study.study_name for study in kept.storage.get_all_studies()}
    kept.close()
    return name in names


def _open_journal(folder: Path, *, make: bool) -> Kept:
    from optuna.storages import JournalStorage

    path = folder / JOURNAL_NAME
    if not make and not path.is_file():
        raise UsageError(f"no study lies in {folder}")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("ab"):
            pass
        journal = JournalFile(path)
        storage = JournalStorage(journal)  # type: ignore[arg-type]  # it asks for no more than these two methods
    except OSError as error:
        raise UsageError(f"the study in {folder} cannot be written: {error.strerror or error}") from None
    except (KeyError, ValueError, TypeError, AssertionError) as error:
        raise UsageError(
            f"the study cannot be read: what {path} says does not fit together ({type(error).__name__}: {error})."
            " Nothing was changed: put a copy of the file back, or begin another search"
        ) from None
    return Kept(storage, journal.together)


def _open_database(address: str, wait: "Wait | None") -> Kept:
    import sqlalchemy
    from optuna.storages import get_storage

    refusals: tuple[type[Exception], ...] = (*database_errors(), RuntimeError)  # also tables of another version
    try:
        sqlalchemy.make_url(address)
        storage = patiently(lambda: _connect(address), wait) if wait else _connect(address)
        return Kept(get_storage(storage), close=lambda: _let_go(storage), renew=storage.remove_session)
    except ImportError as error:
        how = (
            "`pip install 'wellfit[postgres]'`"
            if address.startswith("postgres")
            else without_password(str(error), address)
        )
        raise UsageError(f"the study's database needs a driver that is not installed: {how}") from None
    except ValueError:  # a port that is none
        raise UsageError(
            "the address of the study's database cannot be read: write postgresql://USER@HOST:PORT/NAME"
        ) from None
    except refusals as error:
        words = without_password(words_of(error), address)
        raise UsageError(f"the study's database cannot be used: {words}") from None


def _connect(address: str) -> "RDBStorage":
    """The tables are made where there are none; where another process makes them now, these are taken."""
    import sqlalchemy.exc
    from optuna.storages import RDBStorage

    for last in (False, False, True):
        try:
            return RDBStorage(with_driver(address), engine_kwargs={"pool_pre_ping": True})
        except (sqlalchemy.exc.IntegrityError, sqlalchemy.exc.ProgrammingError) as error:
            if last or getattr(error.orig, "sqlstate", None) not in _MADE_MEANWHILE:
                raise
    raise AssertionError


def _let_go(storage: "RDBStorage") -> None:
    storage.remove_session()
    storage.engine.dispose()


def place_in_environment() -> str | None:
    """The study that this process was started for.

    The processes that we start in turn do not find it there: it may hold a password.
    """
    return os.environ.pop(STUDY_VARIABLE, "") or None
