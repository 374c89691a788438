"""A study that moves from its folder into a database, to be gone on with by workers on many machines."""

from pathlib import Path
from typing import TYPE_CHECKING

from wellfit.errors import UsageError
from wellfit.tune.study.address import without_password
from wellfit.tune.study.beats import Beats
from wellfit.tune.study.patience import patiently
from wellfit.tune.study.storage import JOURNAL_NAME, open_storage
from wellfit.tune.study.translate import seen_of

if TYPE_CHECKING:
    from optuna import Study

SHOWN = 8
"""Names of studies that a sentence lists."""

MOVING = "wellfit moving"
"""Attribute of a study in the database while its trials are still being copied."""

MOVED = "wellfit moved"
"""Attribute of the study in the folder with where it went, without a password."""


def bring(folder: Path, name: str, address: str) -> bool:
    """Copy a study into a database that has none of its name; one that a kill left half copied is copied anew.

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

    target = open_storage(address).storage
    there = {study.study_name: study for study in patiently(target.get_all_studies)}
    if name in there and not there[name].user_attrs.get(MOVING):
        return False
    if not (folder / JOURNAL_NAME).is_file():
        return False
    study = optuna.load_study(storage=open_storage(str(folder), make=False).storage, study_name=name)
    _refuse_running(study, name)
    if name in there:
        optuna.delete_study(study_name=name, storage=target)
    copy = optuna.create_study(storage=target, study_name=name, direction=study.direction)
    copy.set_user_attr(MOVING, True)  # noqa: FBT003 - a value
    copy.add_trials(study.get_trials(deepcopy=False))
    for key, value in study.user_attrs.items():
        copy.set_user_attr(key, value)
    target.set_study_user_attr(target.get_study_id_from_name(name), MOVING, None)
    study.set_user_attr(MOVED, without_password(address, address))
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
    names = [study.study_name for study in patiently(open_storage(address).storage.get_all_studies)]
    if len(names) > 1:
        raise UsageError(f"there are {len(names):,} studies: --name says which; {', '.join(sorted(names)[:SHOWN])}")
    return names[0] if names else None
