"""Workers on a Ray cluster: one task each, which Ray starts again elsewhere where its node dies.

Ray places them and nothing else. Which setting is tried, and what came of it, stands in the study alone: no trial is an
object of Ray's, so none is lost with a node, or with the head.
"""

import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellfit.errors import UsageError
from wellfit.tune.places.executor import MOST_RESTARTS, Job, watch
from wellfit.tune.places.worker_process import WorkerProcess, end_workers
from wellfit.tune.study.address import is_address

LONGEST_LOOK_S = 120.0
"""Seconds in which each node must have said what it sees of the folders; it may have to start a process first."""

LONGEST_KNOCK_S = 10.0
_WAIT_S = 3600.0


@dataclass(frozen=True, slots=True)
class Needs:
    """What one trial needs.

    Args:
        cpus: > 0.
        gpus: >= 0; a fraction lets several trials have the same one.
    """

    cpus: float = 1.0
    gpus: float = 0.0


class OnRay:
    """A cluster runs the trials.

    Args:
        address: of the cluster; `auto` for the one that this machine belongs to, or that RAY_ADDRESS names.
        workers: at the same time; None for as many as the cluster has room for.
        gpus: for each trial; None for one where the cluster has any.
    """

    def __init__(self, address: str, workers: int | None, gpus: float | None) -> None:
        self._address, self._workers, self._gpus = address, workers, gpus

    def prepare(self, folder: str, place: str) -> None:
        """See `Executor`: there is a cluster with room, whose nodes see what workers need."""
        ray = _import()
        with _joined(ray, self._address):
            self._sizes(ray)
            _refuse_unshared(ray, folder, place)

    def run(self, job: Job) -> None:
        """Keep tasks at it until each slot has its end; see `Executor`."""
        ray = _import()
        with _joined(ray, self._address):
            workers, needs = self._sizes(ray)
            crew = _Crew(ray, job, needs, workers)
            try:
                watch(job, crew.keep_alive)
            finally:
                crew.end()

    def _sizes(self, ray: Any) -> tuple[int, Needs]:
        """How many workers, and what each is given."""
        has: Mapping[str, float] = ray.cluster_resources()
        gpus = self._gpus if self._gpus is not None else min(1.0, has.get("GPU", 0.0))
        needs = Needs(1.0, gpus)
        room = int(min(has.get("CPU", 0.0), has.get("GPU", 0.0) / gpus if gpus else has.get("CPU", 0.0)))
        if not room:
            raise UsageError(
                f"the Ray cluster has {has.get('CPU', 0):g} CPUs and {has.get('GPU', 0):g} GPUs, and one trial needs"
                f" {needs.cpus:g} and {needs.gpus:g}: no trial would ever begin"
            )
        return min(self._workers or room, room), needs


class _Crew:
    """The tasks of one search."""

    def __init__(self, ray: Any, job: Job, needs: Needs, workers: int) -> None:
        self._ray, self._job = ray, job
        self._task = ray.remote(_work).options(
            num_cpus=needs.cpus, num_gpus=needs.gpus, max_retries=MOST_RESTARTS, name=f"wellfit {job.ledger.plan.name}"
        )
        self._restarts = dict.fromkeys(range(workers), 0)
        self._last_words = ""
        self._members = {self._start(number): number for number in range(workers)}

    def _start(self, number: int) -> Any:
        plan = self._job.ledger.plan
        return self._task.remote(plan.name, plan.folder, self._job.place, number)

    def keep_alive(self) -> str | None:
        """Start those again that have ended; why none is left, else None."""
        over, _ = self._ray.wait(list(self._members), num_returns=len(self._members), timeout=0)
        for task in over:
            number = self._members.pop(task)
            if not self._is_done(task) and self._restarts[number] < MOST_RESTARTS:
                self._restarts[number] += 1
                self._members[self._start(number)] = number
        return None if self._members else self._last_words

    def _is_done(self, task: Any) -> bool:
        try:
            exit_code, self._last_words = self._ray.get(task)
        except self._ray.exceptions.RayError as error:
            self._last_words = " ".join(str(error).strip().rpartition("\n")[2].split())
            return False
        return bool(exit_code == 0)

    def end(self) -> None:
        """Interrupt those that still run, and wait until they are gone."""
        tasks = list(self._members)
        for task in tasks:
            self._ray.cancel(task)
        if tasks:
            self._ray.wait(tasks, num_returns=len(tasks), timeout=LONGEST_LOOK_S)


def _work(name: str, folder: str, place: str, number: int) -> tuple[int, str]:
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
        end_workers([worker])


def _import() -> Any:
    """Ray, quiet, and its variables as they should be before it is loaded.

    Raises:
        UsageError: it is not installed.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # a task without GPUs leaves the variable alone
    try:
        import ray
    except ImportError:
        raise UsageError("a Ray cluster needs ray: `pip install 'wellfit[ray]'`") from None
    return ray


@contextmanager
def _joined(ray: Any, address: str) -> Iterator[None]:
    """Within a cluster that is there already: none is started."""
    if ray.is_initialized():
        yield
        return
    try:
        _knock(os.environ.get("RAY_ADDRESS", address) if address == "auto" else address)
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise UsageError(
            f"no Ray cluster was found at {address!r} ({' '.join(str(error).split())[:160]}): `ray start --head` begins"
            " one, and --ray HOST:PORT names another"
        ) from None
    try:
        yield
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise where nobody listens: Ray itself ends the whole process then.

    Args:
        address: HOST:PORT, with or without `ray://`; other words, as `auto`, are left to Ray.

    Raises:
        OSError: nobody listens.
    """
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), LONGEST_KNOCK_S).close()


def _refuse_unshared(ray: Any, folder: str, place: str) -> None:
    """Have each node look for what workers would need there.

    Raises:
        UsageError: a node does not see it.
    """
    if is_address(place):
        blind = _blind(ray, folder)
        hint = "workers need a copy of the working folder under the same name on every node"
    else:
        with _mark_in(Path(place).parent) as mark:
            blind = _blind(ray, folder) or _blind(ray, mark)
        hint = "share the folder among all nodes, or keep the study in a database: --storage postgresql://..."
    if blind:
        more = f" and {len(blind) - 1} other nodes do" if len(blind) > 1 else " does"
        raise UsageError(f"{blind[0]}{more} not see {folder if is_address(place) else Path(place).parent}: {hint}")


@contextmanager
def _mark_in(folder: Path) -> Iterator[str]:
    """A file that no other machine has under the same name."""
    mark = folder / f".{socket.gethostname()}-{secrets.token_hex(8)}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.touch()
        yield str(mark)
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be written: {error.strerror or error}") from None
    finally:
        mark.unlink(missing_ok=True)


def _blind(ray: Any, path: str) -> list[str]:
    """Nodes that do not see a file or folder."""
    return sorted(name for name, sees in _seen_by_nodes(ray, path) if not sees)


def _seen_by_nodes(ray: Any, path: str) -> list[tuple[str, bool]]:
    """Name of each node, and whether it sees a file or folder."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    look = ray.remote(_sees)
    asked = []
    for node in ray.nodes():
        if node["Alive"]:
            there = NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=False)
            asked.append(look.options(num_cpus=0, scheduling_strategy=there, max_retries=1).remote(path))
    try:
        return list(ray.get(asked, timeout=LONGEST_LOOK_S))
    except ray.exceptions.RayError as error:
        words = " ".join(str(error).strip().rpartition("\n")[2].split())
        raise UsageError(
            f"a node of the Ray cluster cannot run wellfit, which must be installed there: {words}"
        ) from None


def _sees(path: str) -> tuple[str, bool]:
    """This machine, and whether it sees a file or folder."""
    return socket.gethostname(), Path(path).exists()
