"""Waits for a database that is away, as one is while it is started anew."""

import time
from collections.abc import Callable
from typing import TypeVar

from wellfit.errors import UsageError

Result = TypeVar("Result")

PATIENCE_S = 600.0
"""Seconds that a database may be gone before a worker gives up."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 10.0

_PASSING = ("08", "25P03", "40", "53300", "55P03", "57P01", "57P02", "57P03", "57P05")
"""Beginnings of SQLSTATEs that pass: connections, a transaction that said nothing for long, conflicts of two, too many
clients, a server that is shut down or started (PostgreSQL, appendix A)."""


def patiently(call: Callable[[], Result], tell: Callable[[str], None], renew: Callable[[], None]) -> Result:
    """What a call to a database gives, once it is there again; what it refuses is raised.

    Args:
        call: may be made again.
        tell: hears once that it is gone.
        renew: lets go of what the failed call has left open.

    Raises:
        UsageError: it stays away.
    """
    from sqlalchemy.exc import SQLAlchemyError

    deadline, wait, told = time.monotonic() + PATIENCE_S, FIRST_WAIT_S, False
    while True:
        try:
            return call()
        except SQLAlchemyError as error:
            if not is_away(error):
                raise
            if time.monotonic() > deadline:
                raise UsageError(f"the study's database has been away for {PATIENCE_S:.0f} s") from None
        if not told:
            told = True
            tell("the study's database does not answer: waiting for it")
        renew()
        time.sleep(wait)
        wait = min(LONGEST_WAIT_S, wait * 2)


def words_of(error: BaseException) -> str:
    """What a database said, in one line."""
    words = str(getattr(error, "orig", None) or error)
    return " ".join(words.split()).partition("(Background")[0].strip()


def is_away(error: BaseException) -> bool:
    """Whether it is the connection that failed, or the moment, and not what was asked."""
    import sqlalchemy.exc

    if isinstance(error, sqlalchemy.exc.PendingRollbackError):  # the call before has lost its connection
        return True
    if not isinstance(error, sqlalchemy.exc.DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    if state:
        return str(state).startswith(_PASSING)
    if type(error.orig).__module__ == "sqlite3":  # where nothing but a lock of another process passes
        return "locked" in str(error.orig)
    return error.connection_invalidated or isinstance(
        error, (sqlalchemy.exc.OperationalError, sqlalchemy.exc.InterfaceError)
    )
