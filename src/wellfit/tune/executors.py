"""All ways to have trials run, and which of them was asked for."""

from collections.abc import Callable

from wellfit.tune.executor import Executor, External, Inline
from wellfit.tune.local import Processes
from wellfit.tune.on_ray import OnRay
from wellfit.tune.placed import Placed
from wellfit.tune.placement import usual_workers


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
