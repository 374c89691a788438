"""The generators that training functions draw from: seeded alike for each trial, and put back afterwards."""

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

import numpy as np


def seed_all(seed: int) -> None:
    """Seed Python's, numpy's and torch's generators, those of accelerators included.

    Args:
        seed: >= 0.
    """
    import torch

    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the generator that programs draw from
    torch.manual_seed(seed)


@contextmanager
def kept() -> Iterator[None]:
    """Whatever is drawn within, the generators stand afterwards where they stood before."""
    torch = sys.modules.get("torch")
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002
    states = None if torch is None else (torch.get_rng_state(), _accelerators(torch))
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002
        if torch is not None and states is not None:
            torch.set_rng_state(states[0])
            if states[1]:
                torch.cuda.set_rng_state_all(states[1])


def _accelerators(torch: ModuleType) -> list[object]:
    """Nothing where none has been used: asking would start them."""
    return list(torch.cuda.get_rng_state_all()) if torch.cuda.is_initialized() else []
