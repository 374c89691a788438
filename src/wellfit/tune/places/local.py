"""Several workers on this machine: each a process of its own, on the same study."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from wellfit.model.study import StudyPlan
from wellfit.tune.places.executor import MOST_RESTARTS, Job, watch
from wellfit.tune.places.own_process import end_processes
from wellfit.tune.places.placement import share_out
from wellfit.tune.places.worker_process import WorkerProcess


class Processes:
    """Processes on this machine run the trials.

    Args:
        workers: how many, >= 1.
        gpus: for each trial, > 0; None shares them out evenly.
    """

    def __init__(self, workers: int, gpus: float | None = None) -> None:
        self._workers, self._gpus = workers, gpus

    def prepare(self, folder: str, place: str) -> None:
        """Nothing can be missing on the machine that runs us."""

    def run(self, job: Job) -> None:
        """Keep them at it until each slot has its end; see `Executor`."""
        with _running(job.place, job.ledger.plan, share_out(self._workers, self._gpus)) as crew:
            watch(job, lambda: None if crew.keep_alive() else crew.last_words)


class _Crew:
    """The processes of one search."""

    def __init__(self, place: str, plan: StudyPlan, shares: Sequence[Mapping[str, str]]) -> None:
        self._place, self._plan, self._shares = place, plan, shares
        self._restarts = dict.fromkeys(range(len(shares)), 0)
        self.last_words = ""
        self.members = {number: self._start(number) for number in range(len(shares))}

    def _start(self, number: int) -> WorkerProcess:
        return WorkerProcess(self._plan.name, self._plan.folder, self._place, number, self._shares[number])

    def keep_alive(self) -> bool:
        """Start those again that have ended; whether any is left."""
        for number, worker in list(self.members.items()):
            exit_code = worker.exit_code()
            if exit_code is None:
                continue
            self.last_words = worker.last_line()
            if exit_code == 0 or self._restarts[number] >= MOST_RESTARTS:
                del self.members[number]
                continue
            self._restarts[number] += 1
            self.members[number] = self._start(number)
        return bool(self.members)


@contextmanager
def _running(place: str, plan: StudyPlan, shares: Sequence[Mapping[str, str]]) -> Iterator[_Crew]:
    crew = _Crew(place, plan, shares)
    try:
        yield crew
    finally:
        end_processes(tuple(crew.members.values()))
