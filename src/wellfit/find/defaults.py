"""The constants that most programs start from."""

from torch.optim import Optimizer

ADAMS = frozenset({"Adam", "AdamW", "NAdam", "RAdam", "Adamax"})
SGD = frozenset({"SGD"})


def default_rate(optimizer: Optimizer) -> float | None:
    """1e-3 for the family of Adam, 0.1 for SGD, None for others."""
    name = type(optimizer).__name__
    if name in ADAMS:
        return 1e-3
    return 0.1 if name in SGD else None
