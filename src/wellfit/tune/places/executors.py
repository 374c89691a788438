"""All ways to have trials run, and which of them was asked for."""

from collections.abc import Callable

from wellfit.tune.places.executor import Executor, External, Inline
from wellfit.tune.places.local import Processes
from wellfit.tune.places.on_ray import OnRay
from wellfit.tune.places.placed import Placed
from wellfit.tune.places.placement import usual_workers


def executor_of(placed: Placed, say: Callable[[str], None]) -> Executor:
    """Who has the trials run.

    Args:
        placed: where.
        say: hears a sentence.
    """
    if placed.workers == 0:
        return External(say)
    if placed.ray is not None:
        return OnRay(placed.ray, placed.workers, placed.gpus)
    workers = usual_workers(placed.gpus) if placed.workers is None else placed.workers
    return Inline() if workers == 1 and placed.gpus is None else Processes(workers, placed.gpus)
