"""A worker as a process that we start, with its share of the machine."""

import sys
from collections.abc import Mapping

from wellfit.tune.places.own_process import OwnProcess
from wellfit.tune.study.storage import STUDY_VARIABLE


class WorkerProcess(OwnProcess):
    """One that runs.

    Args:
        name: of the study.
        folder: absolute working folder of the search.
        place: of the study; it stands in the environment alone, for it may hold a password.
        number: from 0, another one for each worker of a search.
        share: variables that say which part of the machine is its own.
    """

    def __init__(self, name: str, folder: str, place: str, number: int, share: Mapping[str, str]) -> None:
        words = [sys.executable, "-m", "wellfit", "worker", "--name", name, "--stream", str(number + 1)]
        super().__init__([*words, "--with-parent"], folder, {**share, STUDY_VARIABLE: place})
