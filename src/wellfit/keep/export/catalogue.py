"""The trackers that runs are exported to, and what each of them needs."""

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path

from wellfit.errors import UsageError
from wellfit.keep.export import mlflow, wandb
from wellfit.keep.export.told import Target

NEEDED = {"mlflow": mlflow.NEEDED, "wandb": wandb.NEEDED}
"""Modules by tracker; its extra has the same name."""

_TARGETS: Mapping[str, Callable[[Path, str], Target]] = {"mlflow": mlflow.MlflowStore, "wandb": wandb.WandbFolder}


def check_installed(tracker: str) -> None:
    """Raise where what the tracker needs is not installed.

    Raises:
        UsageError: it is not.
    """
    if any(importlib.util.find_spec(module) is None for module in NEEDED[tracker]):
        raise UsageError(f"what writes for {tracker} is not installed: `pip install 'wellfit[{tracker}]'`")


def target_of(tracker: str, folder: Path, project: str) -> Target:
    """The tracker's store in a folder, which is made where there is none.

    Args:
        tracker: one of `NEEDED`.
        folder: absolute.
        project: name that the runs are put under.

    Raises:
        UsageError: the folder cannot be made.
        ExportError: the tracker cannot use it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"-o {folder}: {error.strerror}") from error
    return _TARGETS[tracker](folder, project)
