"""A Ray cluster runs the trials; another process of ours speaks with it."""

import json
import re
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path

from wellfit.errors import UsageError
from wellfit.tune.places.executor import Job, watch
from wellfit.tune.places.own_process import OwnProcess, end_processes
from wellfit.tune.places.ray_crew import LONGEST_CANCEL_S
from wellfit.tune.places.ray_driver import LONGEST_LOOK_S, REFUSED, Asked
from wellfit.tune.study.address import is_address
from wellfit.tune.study.storage import STUDY_VARIABLE

_GRACE_S = 60.0
"""Seconds that Ray may take to join its cluster and to leave it."""

_PREFIX = re.compile(r"^\[[^\]]*\] *(\([\w-]+\) *)?([\w.]+:\d+:)? *")
"""Of a line that Ray logs: when, by which process and thread, in which file."""

_MOST_CHARACTERS = 160


class OnRay:
    """A cluster runs the trials.

    Args:
        address: of the cluster; `auto` for the one that this machine belongs to, or that RAY_ADDRESS names.
        workers: at the same time; None for as many as the cluster has room for.
        gpus: for each trial; None for one where the cluster has any.
    """

    def __init__(self, address: str, workers: int | None, gpus: float | None) -> None:
        self._asked = Asked(address, workers, gpus)

    def prepare(self, folder: str, place: str) -> None:
        """See `Executor`: there is a cluster with room, whose nodes see what workers need."""
        if find_spec("ray") is None:
            raise UsageError("a Ray cluster needs ray: `pip install 'wellfit[ray]'`")
        keeps = Path(place).parent
        with nullcontext() if is_address(place) else _mark_in(keeps) as mark:
            blind = self._look([folder, *([mark] if mark else [])])
        if not blind:
            return
        more = f" and {len(blind) - 1} other nodes do" if len(blind) > 1 else " does"
        if mark:
            hint = "share the folder among all nodes, or keep the study in a database: --storage postgresql://..."
            raise UsageError(f"{blind[0]}{more} not see {keeps}: {hint}")
        hint = "workers need a copy of the working folder under the same name on every node"
        raise UsageError(f"{blind[0]}{more} not see {folder}: {hint}")

    def _look(self, paths: Sequence[str]) -> list[str]:
        """Nodes that do not see all of some files and folders."""
        words = _words(replace(self._asked, look_for=paths))
        try:
            ended = subprocess.run(  # noqa: S603 - ourselves
                words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_LOOK_S + _GRACE_S,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise UsageError(
                f"the Ray cluster at {self._asked.address!r} did not answer in {LONGEST_LOOK_S + _GRACE_S:g} seconds"
            ) from None
        if ended.returncode:
            last = ended.stderr.rstrip().rpartition("\n")[2]
            raise UsageError(last.removeprefix("wellfit: ") if ended.returncode == REFUSED else self._gone(last))
        return list(json.loads(ended.stdout))

    def run(self, job: Job) -> None:
        """Keep tasks at it until each slot has its end; see `Executor`."""
        plan = job.ledger.plan
        words = _words(replace(self._asked, name=plan.name, folder=plan.folder))
        driver = OwnProcess(words, plan.folder, {STUDY_VARIABLE: job.place})

        def last_words() -> str | None:
            exit_code = driver.exit_code()
            if exit_code not in (None, 0, REFUSED) and not job.is_over:
                raise UsageError(
                    f"{self._gone(driver.last_line())}; what was tried is kept, and `wellfit tune --resume` goes on"
                    " with it, by --ray HOST:PORT on another cluster, or here"
                )
            return None if exit_code is None else driver.last_line()

        try:
            watch(job, last_words)
        finally:
            end_processes([driver], LONGEST_CANCEL_S + _GRACE_S)

    def _gone(self, line: str) -> str:
        return f"the Ray cluster at {self._asked.address!r} is gone ({said_by_ray(line)})"


def said_by_ray(line: str) -> str:
    """The first sentence of a line that Ray logs, without when and where that was."""
    return _PREFIX.sub("", line).partition(". ")[0][:_MOST_CHARACTERS] or "it said nothing"


def _words(asked: Asked) -> list[str]:
    return [sys.executable, "-m", "wellfit.tune.places.ray_driver", json.dumps(asdict(asked))]


@contextmanager
def _mark_in(folder: Path) -> Iterator[str]:
    """A file that no other machine has under the same name.

    Raises:
        UsageError: the folder cannot be written.
    """
    mark = folder / f".{socket.gethostname()}-{secrets.token_hex(8)}"
    made = [path for path in (folder, *folder.parents) if not path.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.touch()
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror or error}") from None
    try:
        yield str(mark)
    finally:
        mark.unlink(missing_ok=True)
        with suppress(OSError):  # another search has written there meanwhile
            for path in made:
                path.rmdir()
