"""Whether the worker of a trial lives: by its lock on the same machine, by its signs of life elsewhere."""

import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wellfit.model.study import TrialSeen
from wellfit.runs.alive import AliveLock, life_of
from wellfit.tune.study.leftovers import sweep

_PREFIX = "wellfit-worker-"

GRACE_S = 60.0
"""Seconds without a sign of life after which a worker elsewhere counts as gone: twelve of them fell out."""


def name_worker(folder: Path) -> str:
    """What a worker calls itself.

    Args:
        folder: absolute, with its lock.
    """
    return f"{_machine()}|{folder}"


def _machine() -> str:
    """This machine, or the container in it: a name alone may be that of two that see other files."""
    try:
        files = str(Path("/proc/self/ns/mnt").stat().st_ino)
    except OSError:
        files = ""
    return f"{socket.gethostname()}/{files}"


@contextmanager
def named_worker() -> Iterator[str]:
    """A name that tells others, on this machine at once, whether this process lives.

    What workers left that were killed is removed before.
    """
    sweep(_PREFIX)
    with tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as folder:
        lock = AliveLock(Path(folder).resolve())
        try:
            yield name_worker(Path(folder).resolve())
        finally:
            lock.release()


class Beats:
    """Remembers when each trial was last seen to have moved, by our own clock: those of other machines may differ."""

    def __init__(self) -> None:
        self._moved: dict[int, tuple[int, float]] = {}

    def is_gone(self, trial: TrialSeen) -> bool:
        """Whether the worker of a trial that runs is gone."""
        host, _, folder = trial.worker.partition("|")
        if host == _machine() and folder:
            life = life_of(Path(folder)) if Path(folder).is_dir() else "dead"  # who ends in peace takes it along
            if life != "unknown":
                return life == "dead"
        now = time.monotonic()
        beat, since = self._moved.setdefault(trial.number, (trial.beat, now))
        if beat != trial.beat:
            self._moved[trial.number] = (trial.beat, now)
            return False
        return now - since > GRACE_S
