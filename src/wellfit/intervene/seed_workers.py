"""Give each worker process of a DataLoader random numbers of its own."""

import functools
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.utils.data import get_worker_info

from wellfit.intervene.made_loader import MadeLoader


class SeedWorkers(MadeLoader):
    """Python's and numpy's generators are seeded in each worker, by torch's seed of that worker."""

    name = "seed_workers"

    def change(self, arguments: dict[str, Any]) -> None:
        """Put the seeding after what the program itself does when a worker starts: it may seed all of them alike."""
        if arguments.get("num_workers", 0) > 0:
            arguments["worker_init_fn"] = functools.partial(_start, arguments.get("worker_init_fn"))
            self.applied()


def _start(own: Callable[[int], Any] | None, worker: int) -> None:
    if own is not None:
        own(worker)
    about = get_worker_info()
    seed = (torch.initial_seed() if about is None else about.seed) % 2**32
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the generator that data sets use
