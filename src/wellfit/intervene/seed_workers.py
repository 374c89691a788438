"""Give each worker process of a DataLoader random numbers of its own."""

import functools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from wellfit.intervene.made_loader import MadeLoader


class SeedWorkers(MadeLoader):
    """Python's and numpy's generators are seeded in each worker, by torch's seed of that worker."""

    name = "seed_workers"

    def change(self, arguments: dict[str, Any]) -> None:
        """Put the seeding before what the program itself does when a worker starts."""
        if arguments.get("num_workers", 0) > 0:
            arguments["worker_init_fn"] = functools.partial(_start, arguments.get("worker_init_fn"))
            self.applied()


def _start(then: Callable[[int], Any] | None, worker: int) -> None:
    seed = torch.initial_seed() % 2**32
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the generator that data sets use
    if then is not None:
        then(worker)
