"""Ray's driver, in a process of its own: `python -m wellfit.tune.places.ray_driver ASKED`.

Ray ends the process that it is used in where it loses its cluster, without a word that could be caught. A search must
outlive that, so it has this one ended and not its own.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from wellfit.errors import UsageError
from wellfit.tune.places.own_process import starter_is_gone
from wellfit.tune.places.ray_crew import Crew, room_of
from wellfit.tune.places.ray_task import sees
from wellfit.tune.study.storage import STUDY_VARIABLE

REFUSED = 2
"""Exit code where the last line on standard error says what to do."""

LONGEST_LOOK_S = 120.0
"""Seconds in which each node must have said what it sees of the folders; it may have to start a process first."""

LONGEST_KNOCK_S = 10.0
_LOOK_S = 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What a driver is to do; a place that may hold a password comes by the environment.

    Args:
        address: of the cluster; `auto` for the one that this machine belongs to, or that RAY_ADDRESS names.
        workers: at the same time; None for as many as the cluster has room for.
        gpus: for each trial; None for one where the cluster has any.
        look_for: absolute paths; where there are any, standard output gets the names of nodes that do not see all of
            them, as JSON, and nothing else is done.
        name: of the study.
        folder: absolute working folder of the search.
    """

    address: str
    workers: int | None
    gpus: float | None
    look_for: Sequence[str] = ()
    name: str = ""
    folder: str = ""


def main(told: str) -> int:
    """Do what is asked; the exit code.

    Args:
        told: JSON of `Asked`.
    """
    asked = Asked(**json.loads(told))
    try:
        with _joined(asked.address) as ray:
            workers, needs = room_of(ray.cluster_resources(), asked.workers, asked.gpus)
            if asked.look_for:
                sys.stdout.write(json.dumps(_blind(ray, asked.look_for)))
                return 0
            study = (asked.name, asked.folder, os.environ[STUDY_VARIABLE])
            crew = Crew(ray, study, workers, needs)
            _keep(crew)
    except UsageError as error:
        sys.stderr.write(f"wellfit: {error}\n")
        return REFUSED
    sys.stderr.write(f"wellfit: {crew.last_words}\n")
    return 0


def _keep(crew: Crew) -> None:
    """Return once all have ended, or who asked for them is gone."""
    is_over = starter_is_gone()
    try:
        while crew.keep_alive(_LOOK_S) and not is_over():
            pass
    finally:
        crew.end()


@contextmanager
def _joined(address: str) -> Iterator[Any]:
    """Ray, quiet, within a cluster that is there already: none is started.

    Raises:
        UsageError: there is none.
    """
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # a task without GPUs leaves the variable alone
    import ray

    try:
        _knock(os.environ.get("RAY_ADDRESS", address) if address == "auto" else address)
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        raise UsageError(
            f"no Ray cluster was found at {address!r} that lets us in ({' '.join(str(error).split())[:160]}):"
            " `ray start --head` begins one, --ray HOST:PORT names another, and RAY_AUTH_TOKEN has its token"
        ) from None
    try:
        yield ray
    finally:
        ray.shutdown()


def _knock(address: str) -> None:
    """Raise where nobody listens: Ray itself takes its time to find out.

    Args:
        address: HOST:PORT, with or without `ray://`; other words, as `auto`, are left to Ray.

    Raises:
        OSError: nobody listens.
    """
    host, colon, port = address.rpartition("://")[2].rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), LONGEST_KNOCK_S).close()


def _blind(ray: Any, paths: Sequence[str]) -> list[str]:
    """Nodes that do not see all of some files and folders."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    look = ray.remote(sees)
    asked = []
    for node in ray.nodes():
        if node["Alive"]:
            there = NodeAffinitySchedulingStrategy(node_id=node["NodeID"], soft=False)
            asked.append(look.options(num_cpus=0, scheduling_strategy=there, max_retries=1).remote(paths))
    try:
        return sorted(name for name, does in ray.get(asked, timeout=LONGEST_LOOK_S) if not does)
    except ray.exceptions.RayError as error:
        words = " ".join(str(error).strip().rpartition("\n")[2].split())
        raise UsageError(
            f"a node of the Ray cluster cannot run wellfit, which must be installed there: {words}"
        ) from None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
