"""Where the trials of a search run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Placed:
    """Where trials run.

    Args:
        workers: at the same time; 0 leaves all of them to workers that others start; None takes as many as there is
            room for.
        gpus: for each trial, > 0; None shares them out evenly.
        ray: address of a Ray cluster, `auto` for the one that is found; None stays on this machine.
    """

    workers: int | None = 1
    gpus: float | None = None
    ray: str | None = None
