"""What runs on the nodes of a Ray cluster, and is found there under its name."""

import socket
from collections.abc import Sequence
from pathlib import Path

from wellfit.tune.places.own_process import end_processes
from wellfit.tune.places.worker_process import WorkerProcess

_WAIT_S = 3600.0


def work(name: str, folder: str, place: str, number: int) -> tuple[int, str]:
    """Be one worker, on whichever node this is; its exit code and what it said last.

    Args:
        name: of the study.
        folder: absolute working folder of the search.
        place: of the study.
        number: of the worker.
    """
    worker = WorkerProcess(name, folder, place, number, {})  # Ray has set what belongs to the task
    try:
        while (exit_code := worker.exit_code(_WAIT_S)) is None:
            pass
        return exit_code, worker.last_line()
    finally:
        end_processes([worker])


def sees(paths: Sequence[str]) -> tuple[str, bool]:
    """Name of this machine, and whether it sees all of these files and folders."""
    return socket.gethostname(), all(Path(path).exists() for path in paths)
