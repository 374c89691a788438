"""How many trials fit into memory at once."""

import os

import torch

from wellfit.fuse.anatomy import Anatomy
from wellfit.fuse.built import Group

SHARE = 0.5
"""Of the free memory that trials may take: allocators and kernels need room beside what is counted."""

COPIES = 6
"""Of the parameters: themselves, gradients by tensor and together, up to two states, and one for what is left over."""

TWICE = 2
"""What the forward keeps, and as much again for gradients of activations and numbers of dropouts."""


def fitting(group: Group, anatomy: Anatomy) -> int:
    """Trials that fit at once, at least 1."""
    model = group.trials[0].model
    held = [p for n, p in model.named_parameters() if n in anatomy.trained]
    device = held[0].device if held else torch.device("cpu")
    each = COPIES * sum(p.nbytes for p in held) + TWICE * anatomy.saved_bytes
    return max(1, int(SHARE * free_bytes(device) / max(1, each)))


def free_bytes(device: torch.device) -> int:
    """Memory that is free now, in bytes."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:  # noqa: PTH123  # no file of anyone's
            return next(1024 * int(line.split()[1]) for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return _half_of_all()


def _half_of_all() -> int:
    """Half of the machine's memory, where it does not tell how much is free."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    except (AttributeError, ValueError, OSError):
        return 2**31
