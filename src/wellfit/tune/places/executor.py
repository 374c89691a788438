"""Who runs the trials of a search: this process, or others that we start or only watch.

All of them work on the same study, which alone says what was tried: so any of them may be killed, and a search that was
begun by one way is gone on with by another.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from wellfit.errors import UsageError
from wellfit.prove.stage import Stage
from wellfit.tune.places.quiet import Quiet
from wellfit.tune.places.work import refuse_if_hopeless, work
from wellfit.tune.study.address import worker_command
from wellfit.tune.study.ledger import Ledger

LOOK_S = 0.5
"""Seconds between two looks at what the workers have done."""

MOST_RESTARTS = 3
"""Times that each worker is started again, where it ended and slots are open."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is left of a search once its study is there.

    Args:
        place: of the study.
        ledger: of the study.
        stage: where trials of this process run.
        worker: name of this process among the workers.
        tell: called a few times a second, or after each trial.
        go_on: is asked as often.
    """

    place: str
    ledger: Ledger
    stage: Stage
    worker: str
    tell: Callable[[Ledger], None]
    go_on: Callable[[], bool]

    @property
    def is_over(self) -> bool:
        """Whether each slot has its end."""
        return self.ledger.is_over()


class Executor(Protocol):
    """Has the trials of a search run."""

    def prepare(self, folder: str, place: str) -> None:
        """Raise what would keep workers from running, before anything has run.

        Args:
            folder: absolute working folder.
            place: of the study that will be.

        Raises:
            UsageError: they could not.
        """

    def run(self, job: Job) -> None:
        """Return once each slot has its end, or the job says that it is enough.

        Raises:
            UsageError: the script fails always, or the workers do.
        """


class Inline:
    """This process runs them, one after the other."""

    def prepare(self, folder: str, place: str) -> None:
        """Nothing can be missing."""

    def run(self, job: Job) -> None:
        """Try settings until none is left; see `Executor`."""
        work(job.ledger, job.stage, job.worker, tell=job.tell, go_on=job.go_on)


class External:
    """Workers that others start run them, wherever these are; this process only watches.

    Args:
        say: hears how a worker is started.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def prepare(self, folder: str, place: str) -> None:
        """Nothing can be missing here."""

    def run(self, job: Job) -> None:
        """Watch until none is left; see `Executor`."""
        command = worker_command(job.place, job.ledger.plan.name)
        self._say(f"trials are left to workers, as many as you start: {command}")
        quiet = Quiet(self._say, command)
        watch(job, lambda: quiet.look(job.ledger.at_work, len(job.ledger.ended())))


def watch(job: Job, keep_alive: Callable[[], str | None] = lambda: None) -> None:
    """Wait for workers until each slot has its end.

    Args:
        job: that they are at.
        keep_alive: called a few times a second, starts those again that have ended; gives why none is left, else None.

    Raises:
        UsageError: the script fails always, or the workers do.
    """
    while not job.is_over and job.go_on():
        refuse_if_hopeless(job.ledger.ended())
        last_words = keep_alive()
        if last_words is not None and not job.is_over:
            raise UsageError(f"all workers ended by themselves: {last_words}")
        job.tell(job.ledger)
        time.sleep(LOOK_S)
    job.tell(job.ledger)
