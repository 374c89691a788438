"""Give a run other random numbers than its fellow, although the script sets its own seeds."""

import random
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from wellfit.intervene.intervention import wrap
from wellfit.script.draws import DRAWS

STRIDE = 7919
"""Between the seeds of two runs; a prime, so that scripts which seed with 0, 1, 2 ... meet none of them again."""


def shift_seeds(number: int) -> None:
    """Seed all generators, and shift by `number` strides every seed that the script sets itself.

    With 0, the script's own seeds stay as they are. What it leaves unseeded starts from the same number in all runs of
    one `number`. A `torch.Generator` of the script's own is left alone: it mostly splits data.
    """
    shift = number * STRIDE
    torch.manual_seed(shift)
    random.seed(shift)
    DRAWS.repeat()
    np.random.seed(shift)  # noqa: NPY002 - the generator that scripts use
    if shift:
        wrap((torch, torch.random), "manual_seed", _shifting(shift))
        wrap((torch.cuda, torch.cuda.random), "manual_seed", _shifting(shift))
        wrap((torch.cuda, torch.cuda.random), "manual_seed_all", _shifting(shift))
        wrap((random,), "seed", _shifting(shift))
        wrap((np.random,), "seed", _shifting(shift))
    wrap((np.random,), "default_rng", _seeding(shift))


def _shifting(shift: int) -> Callable[..., Any]:
    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def seed(value: Any = None, *args: Any, **kwargs: Any) -> Any:
            number = value if isinstance(value, int) else 0
            return original((number + shift) % 2**32, *args, **kwargs)

        return seed

    return around


def _seeding(shift: int) -> Callable[..., Any]:
    """Generators of numpy that are made without a seed get one; those with a number, another number."""

    def around(original: Callable[..., Any]) -> Callable[..., Any]:
        def default_rng(seed: Any = None) -> Any:
            return original(seed + shift if isinstance(seed, int) else shift if seed is None else seed)

        return default_rng

    return around
