"""Waits for a database that is away, as one is while it is started anew."""

import time
from collections.abc import Callable
from typing import TypeVar

from wellfit.errors import UsageError

Result = TypeVar("Result")

PATIENCE_S = 600.0
"""Seconds that a database may be gone before a worker gives up."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0

_PASSING = ("08", "40", "53300", "55P03", "57P01", "57P02", "57P03", "57P05")
"""Beginnings of SQLSTATEs that pass: connections, conflicts of two transactions, too many clients, a server that is
shut down or started (PostgreSQL, appendix A)."""


def patiently(
    call: Callable[[], Result],
    tell: Callable[[str], None] = lambda _: None,
    renew: Callable[[], None] = lambda: None,
) -> Result:
    """What a call to a database gives, once it is there again.

    Args:
        call: may be made again.
        tell: hears once that it is gone.
        renew: lets go of what the failed call has left open.

    Raises:
        UsageError: it stays away, or refuses what was asked.
    """
    deadline, wait, told = time.monotonic() + PATIENCE_S, FIRST_WAIT_S, False
    while True:
        try:
            return call()
        except database_errors() as error:
            if not is_away(error):
                raise _refusal(error) from None
            if time.monotonic() > deadline:
                raise UsageError(f"the study's database has been away for {PATIENCE_S:.0f} s") from None
        if not told:
            told = True
            tell("the study's database does not answer: waiting for it")
        time.sleep(wait)
        renew()
        wait = min(LONGEST_WAIT_S, wait * 2)


def database_errors() -> tuple[type[Exception], ...]:
    """What a database raises; only who has one pays for the imports."""
    import sqlalchemy.exc
    from optuna.exceptions import OptunaError

    return (sqlalchemy.exc.SQLAlchemyError, OptunaError)


def _refusal(error: Exception) -> Exception:
    """A sentence where the database refused; what the engine says of a study is for the caller."""
    import sqlalchemy.exc
    from optuna.exceptions import StorageInternalError

    if isinstance(error, (StorageInternalError, sqlalchemy.exc.SQLAlchemyError)):
        return UsageError(f"the study's database cannot be used: {words_of(error)}")
    return error


def words_of(error: BaseException) -> str:
    """What a database said, in one line."""
    cause = error.__cause__ or error
    words = str(getattr(cause, "orig", None) or cause)
    return " ".join(words.split()).partition("(Background")[0].strip()


def is_away(error: BaseException) -> bool:
    """Whether it is the connection that failed, or the moment, and not what was asked."""
    import sqlalchemy.exc
    from optuna.exceptions import StorageInternalError

    cause = error.__cause__ if isinstance(error, StorageInternalError) else error
    if isinstance(cause, sqlalchemy.exc.PendingRollbackError):  # the call before has lost its connection
        return True
    if not isinstance(cause, sqlalchemy.exc.DBAPIError):
        return False
    state = getattr(cause.orig, "sqlstate", None)
    if state:
        return str(state).startswith(_PASSING)
    if type(cause.orig).__module__ == "sqlite3":  # where nothing but a lock of another process passes
        return "locked" in str(cause.orig)
    return cause.connection_invalidated or isinstance(
        cause, (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError)
    )
