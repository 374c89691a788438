"""Several workers on this machine: each a process of its own, on the same study."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from wellfit.errors import UsageError
from wellfit.model.study import StudyPlan
from wellfit.tune.ledger import Ledger
from wellfit.tune.placement import environment_of
from wellfit.tune.storage import STUDY_VARIABLE
from wellfit.tune.work import refuse_if_hopeless

LOOK_S = 0.5
"""Seconds between two looks at what the workers have done."""

LONGEST_END_S = 10.0
"""Seconds that workers have to end their trials when the search is over for us."""

MOST_RESTARTS = 3
"""Times that each worker is started again, where it ended and slots are open."""


def run_workers(
    place: str, ledger: Ledger, workers: int, tell: Callable[[Ledger], None], go_on: Callable[[], bool]
) -> None:
    """Have processes try settings until each slot has its end.

    Args:
        place: of the study.
        ledger: of the study.
        workers: processes.
        tell: called a few times a second.
        go_on: is asked as often.

    Raises:
        UsageError: the script fails always, or the workers do.
    """
    with _running(place, ledger.plan, workers) as crew:
        while len(ledger.ended()) < ledger.plan.trials and go_on():
            refuse_if_hopeless(ledger.ended())
            if not crew.keep_alive() and len(ledger.ended()) < ledger.plan.trials:
                raise UsageError(f"all workers ended by themselves: {crew.last_words()}")
            tell(ledger)
            time.sleep(LOOK_S)
        tell(ledger)


class _Crew:
    """The processes of one search."""

    def __init__(self, place: str, plan: StudyPlan, workers: int) -> None:
        self._place, self._plan, self._count = place, plan, workers
        self._restarts = dict.fromkeys(range(workers), 0)
        self._said: list[bytes] = []
        self.members = {number: self._start(number) for number in range(workers)}

    def _start(self, number: int) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "wellfit", "worker", "--name", self._plan.name, "--stream", str(number + 1)]
        environment = {**os.environ, **environment_of(number, self._count), STUDY_VARIABLE: self._place}
        return subprocess.Popen(  # noqa: S603 - ourselves
            [*words, "--with-parent"],
            env=environment,
            cwd=self._plan.folder,
            stdin=subprocess.PIPE,  # its end tells them that we are gone
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,  # an interrupt from the terminal is ours to handle
        )

    def keep_alive(self) -> bool:
        """Start those again that have ended; whether any is left."""
        for number, process in list(self.members.items()):
            if process.poll() is None:
                continue
            if process.stderr is not None:
                self._said.append(process.stderr.read())
            if process.returncode == 0 or self._restarts[number] >= MOST_RESTARTS:
                del self.members[number]
                continue
            self._restarts[number] += 1
            self.members[number] = self._start(number)
        return bool(self.members)

    def last_words(self) -> str:
        """Of the worker that ended last."""
        lines = [line for said in self._said for line in said.decode("utf-8", "replace").splitlines() if line.strip()]
        return lines[-1].removeprefix("wellfit: ") if lines else "they said nothing"


@contextmanager
def _running(place: str, plan: StudyPlan, workers: int) -> Iterator[_Crew]:
    crew = _Crew(place, plan, workers)
    try:
        yield crew
    finally:
        for process in crew.members.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + LONGEST_END_S
        for process in crew.members.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.1, deadline - time.monotonic()))
            if process.poll() is None:
                process.kill()
                process.wait()
