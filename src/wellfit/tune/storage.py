"""Where a study is kept: a journal file in a folder, or a database that workers on many machines reach."""

import logging
import os
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from wellfit.errors import UsageError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage

Result = TypeVar("Result")

JOURNAL_NAME = "journal.log"
MEMORY = "memory"
"""Place of a study that is kept nowhere: no absolute folder, and no address."""

STUDY_VARIABLE = "WELLFIT_STUDY"
"""Environment variable with the place of a study: an address on a command line shows its password to all."""

PATIENCE_S = 600.0
"""Seconds that a database may be gone before a worker gives up."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0


def is_address(place: str) -> bool:
    """Whether a study's place is a database, and not a folder."""
    return "://" in place


def without_password(text: str, place: str) -> str:
    """A text that may quote the address of a database, without its password."""
    password = urlsplit(place).password if is_address(place) else None
    return text.replace(password, "***") if password else text


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


def open_storage(place: str) -> "BaseStorage":
    """Open what a study is kept in, and make it where it is missing.

    Args:
        place: absolute folder, or the address of a database.

    Raises:
        UsageError: it cannot be reached or written.
    """
    check_installed()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    if place == MEMORY:
        return optuna.storages.InMemoryStorage()
    return _open_database(place) if is_address(place) else _open_journal(Path(place))


def has_study(place: str, name: str) -> bool:
    """Whether a study of this name is kept there.

    Args:
        place: see `open_storage`.
        name: of the study.

    Raises:
        UsageError: it cannot be reached or written.
    """
    return any(study.study_name == name for study in open_storage(place).get_all_studies())


def _open_journal(folder: Path) -> "BaseStorage":
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    path = folder / JOURNAL_NAME
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("ab"):
            pass
    except OSError as error:
        raise UsageError(f"the study in {folder} cannot be written: {error.strerror or error}") from None
    return JournalStorage(JournalFileBackend(str(path), lock_obj=JournalFileOpenLock(str(path))))


def _open_database(address: str) -> "BaseStorage":
    import sqlalchemy
    from optuna.storages import RDBStorage

    try:
        sqlalchemy.make_url(address)
        return RDBStorage(_with_driver(address), engine_kwargs={"pool_pre_ping": True})
    except ImportError as error:
        raise UsageError(f"the database needs {error.name}: `pip install 'wellfit[postgres]'`") from None
    except _database_errors() as error:
        words = without_password(" ".join(str(error.__cause__ or error).split()), address)
        raise UsageError(f"the study's database cannot be used: {words.partition('(Background')[0].strip()}") from None


def _with_driver(address: str) -> str:
    """With the driver that is asked for in our extra, where none is named."""
    scheme, separator, rest = address.partition("://")
    return f"postgresql+psycopg{separator}{rest}" if scheme in ("postgresql", "postgres") else address


def patiently(call: Callable[[], Result], tell: Callable[[str], None] = lambda _: None) -> Result:
    """What a call to a database gives, once it is there again.

    Args:
        call: may be made again.
        tell: hears once that it is gone.

    Raises:
        UsageError: it stays away.
    """
    deadline, wait, told = time.monotonic() + PATIENCE_S, FIRST_WAIT_S, False
    while True:
        try:
            return call()
        except _database_errors() as error:
            if not _is_away(error):
                raise
            if time.monotonic() > deadline:
                raise UsageError(f"the study's database has been away for {PATIENCE_S:.0f} s") from None
        if not told:
            told = True
            tell("the study's database does not answer: waiting for it")
        time.sleep(wait)
        wait = min(LONGEST_WAIT_S, wait * 2)


def _database_errors() -> tuple[type[Exception], ...]:
    """What a database raises; only who has one pays for the imports."""
    import sqlalchemy.exc
    from optuna.exceptions import OptunaError

    return (sqlalchemy.exc.SQLAlchemyError, OptunaError)


def _is_away(error: BaseException) -> bool:
    """Whether it is the connection that failed, and not what was asked."""
    import sqlalchemy.exc
    from optuna.exceptions import StorageInternalError

    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    return isinstance(cause, (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError)) or (
        isinstance(cause, sqlalchemy.exc.DBAPIError) and cause.connection_invalidated
    )


def place_in_environment() -> str | None:
    """The study that this process was started for."""
    return os.environ.get(STUDY_VARIABLE) or None
