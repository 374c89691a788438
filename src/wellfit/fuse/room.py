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


LARGEST_KEPT = 2**25 - 2**14
"""Bytes: a block of nearly 32 MiB, up to which glibc's allocator learns from what is given back."""


def keep_heap() -> None:
    """Let glibc keep up to 64 MiB of free heap, so that a step finds the memory of the last one.

    At the end of each step all that its backward needed is free, and by default the top of the heap goes back to the
    system then; getting it again takes longer than a pass over it. A large block that is given back raises the bound
    to twice its size. Nothing is touched, and nothing happens with other allocators.

    Source:
        mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD, "dynamic mmap threshold".
    """
    torch.empty(LARGEST_KEPT, dtype=torch.uint8)
