"""Workers as tasks of Ray, one each, which it starts again elsewhere where their node dies.

Ray places them and nothing else. Which setting is tried, and what came of it, stands in the study alone: no trial is an
object of Ray's, so none is lost with a node, or with the head.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wellfit.errors import UsageError
from wellfit.tune.places.executor import MOST_RESTARTS
from wellfit.tune.places.ray_task import work

LONGEST_CANCEL_S = 20.0
"""Seconds in which tasks that are interrupted must have ended: workers have ten for it."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What one trial needs.

    Args:
        cpus: > 0.
        gpus: >= 0; a fraction lets several trials have the same one.
    """

    cpus: float = 1.0
    gpus: float = 0.0


def room_of(has: Mapping[str, float], workers: int | None, gpus: float | None) -> tuple[int, Needs]:
    """How many workers a cluster has room for, and what each is given.

    Args:
        has: `CPU` and `GPU` of the whole cluster.
        workers: at most; None for as many as there is room for.
        gpus: for each; None for one where there are any.

    Raises:
        UsageError: not for one.
    """
    cpus, all_gpus = has.get("CPU", 0.0), has.get("GPU", 0.0)
    needs = Needs(1.0, gpus if gpus is not None else min(1.0, all_gpus))
    room = int(min(cpus, all_gpus / needs.gpus if needs.gpus else cpus))
    if not room:
        raise UsageError(
            f"the Ray cluster has {cpus:g} CPUs and {all_gpus:g} GPUs, and one trial needs {needs.cpus:g} and"
            f" {needs.gpus:g}: no trial would ever begin"
        )
    return min(workers or room, room), needs


class Crew:
    """The tasks of one search.

    Args:
        ray: the module, within a cluster.
        study: name of the study, absolute working folder of the search, place of the study.
        workers: how many, >= 1.
        needs: of each.
    """

    def __init__(self, ray: Any, study: tuple[str, str, str], workers: int, needs: Needs) -> None:
        self._ray, self._study = ray, study
        self._task = ray.remote(work).options(
            num_cpus=needs.cpus, num_gpus=needs.gpus, max_retries=MOST_RESTARTS, name=f"wellfit {study[0]}"
        )
        self._restarts = dict.fromkeys(range(workers), 0)
        self._members = {self._start(number): number for number in range(workers)}
        self.last_words = ""

    def _start(self, number: int) -> Any:
        return self._task.remote(*self._study, number)

    def keep_alive(self, wait_s: float) -> bool:
        """Start those again that have ended; whether any is left.

        Args:
            wait_s: seconds that the next end is waited for, at most.
        """
        over, _ = self._ray.wait(list(self._members), num_returns=1, timeout=wait_s)
        for task in over:
            number = self._members.pop(task)
            if not self._is_done(task) and self._restarts[number] < MOST_RESTARTS:
                self._restarts[number] += 1
                self._members[self._start(number)] = number
        return bool(self._members)

    def _is_done(self, task: Any) -> bool:
        try:
            exit_code, self.last_words = self._ray.get(task)
        except self._ray.exceptions.RayError as error:
            self.last_words = " ".join(str(error).strip().rpartition("\n")[2].split())
            return False
        return bool(exit_code == 0)

    def end(self) -> None:
        """Interrupt those that still run, and wait until they are gone."""
        tasks = list(self._members)
        for task in tasks:
            self._ray.cancel(task)
        if tasks:
            self._ray.wait(tasks, num_returns=len(tasks), timeout=LONGEST_CANCEL_S)
