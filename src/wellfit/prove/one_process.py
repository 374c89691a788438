"""A run that a launcher started, as one process of it alone."""

import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from wellfit.errors import ProofError
from wellfit.model.run import Started
from wellfit.script.command import one_process

_HOST = "127.0.0.1"


def start_of_one(words: Sequence[str], folder: Path, started: Started | None) -> tuple[tuple[str, ...], Path]:
    """What starts one process of a run, and where, relative to the working folder.

    Args:
        words: of the command that was watched.
        folder: absolute working folder.
        started: how the process that trained was started.

    Raises:
        ProofError: that is not known, is not our Python, or happened outside of the folder.
    """
    single = one_process(words, started)
    if single[0] != sys.executable:
        raise ProofError(
            f"{single[0]} starts the script: trial runs are of one process, so name the script itself, as in"
            " `wellfit check --prove SCRIPT`"
        )
    if started is None or single == tuple(words):
        return single, Path()
    if not Path(started.folder).is_relative_to(folder):
        raise ProofError(
            f"{words[0]} starts the script in {started.folder}, and trial runs are made in a copy of {folder}"
        )
    return single, Path(started.folder).relative_to(folder)


def alone() -> dict[str, str]:
    """What a launcher tells the only process of a run; each time with a port that is free."""
    with socket.socket() as free:
        free.bind((_HOST, 0))
        port = free.getsockname()[1]
    ranks = dict.fromkeys(("RANK", "LOCAL_RANK", "GROUP_RANK"), "0")
    return {**ranks, "WORLD_SIZE": "1", "LOCAL_WORLD_SIZE": "1", "MASTER_ADDR": _HOST, "MASTER_PORT": str(port)}
