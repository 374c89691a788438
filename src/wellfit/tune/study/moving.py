"""A study that moves from its folder into a database, to be gone on with by workers on many machines."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from wellfit.errors import UsageError
from wellfit.tune.study.address import without_password
from wellfit.tune.study.beats import Beats
from wellfit.tune.study.database import Database
from wellfit.tune.study.journal import OutrunError
from wellfit.tune.study.journal_file import JournalFile
from wellfit.tune.study.journal_rows import JournalRows
from wellfit.tune.study.names import names_in, only
from wellfit.tune.study.storage import JOURNAL_NAME, has_study, open_storage
from wellfit.tune.study.translate import seen_of

if TYPE_CHECKING:
    from optuna import Study

MOVED = "wellfit moved"
"""Attribute of the study in the folder with where it went, without a password."""


def bring(folder: Path, name: str, address: str) -> bool:
    """Copy a study into a database that has none of its name, in one piece.

    Args:
        folder: of the study, absolute.
        name: of the study.
        address: of the database.

    Returns:
        Whether anything was copied.

    Raises:
        UsageError: a worker is at the study, or one of the two cannot be reached.
    """
    import optuna

    if has_study(address, name) or not (folder / JOURNAL_NAME).is_file():
        return False
    source = open_storage(str(folder))
    study = optuna.load_study(storage=source.read(), study_name=name)
    _refuse_running(study, name)
    study.set_user_attr(MOVED, without_password(address, address))  # before: a kill in between leaves one way to go on
    try:
        with source.together():  # nobody goes on in the folder meanwhile
            _refuse_running(study, name)
            return _copy(folder / JOURNAL_NAME, name, address)
    except BaseException:
        study.set_user_attr(MOVED, None)
        raise


def _copy(path: Path, name: str, address: str) -> bool:
    lines = [str(line, "utf-8").rstrip("\n") for line in JournalFile(path).new()]
    with closing(Database(address)) as database:
        database.run(database.make_table)
        database.is_patient = True
        rows = JournalRows(database, name)
        try:
            with rows.locked():
                if rows.new():
                    return False
                rows.append(lines, lasts=True)
        except OutrunError:  # another process brings it
            return False
    return True


def _refuse_running(study: "Study", name: str) -> None:
    """A worker that goes on in the folder would try what others try in the database."""
    beats = Beats()
    seen = [seen_of(trial) for trial in study.get_trials(deepcopy=False)]
    running = [trial for trial in seen if trial.runs and not beats.is_gone(trial)]
    if running:
        raise UsageError(
            f"{len(running)} workers are at the study {name} in its folder: end them before it moves into a database"
        )


def refuse_moved(study: "Study", name: str) -> None:
    """Raise where a study is gone on with in the folder that it has left.

    Raises:
        UsageError: it has moved.
    """
    where = study.user_attrs.get(MOVED)
    if where:
        raise UsageError(f"the study {name} has moved to {where}: go on with it there by --storage")


def name_in(address: str) -> str | None:
    """Name of the one study of a database; None where it has none.

    Raises:
        UsageError: it has several, or cannot be reached.
    """
    with closing(Database(address)) as database:
        names = names_in(database)
    return only(names) if names else None
