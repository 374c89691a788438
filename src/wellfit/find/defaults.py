"""What is known of an optimizer before any search."""

ADAMS = frozenset({"Adam", "AdamW", "NAdam", "RAdam", "Adamax"})
SGD = frozenset({"SGD"})


def default_rate(name: str) -> float | None:
    """1e-3 for the family of Adam, 0.1 for SGD, None for others, by the name of the class."""
    if name in ADAMS:
        return 1e-3
    return 0.1 if name in SGD else None


LEARNING, LEARNING_OF_SGD = 0.25, 0.6
"""Decades by which the best rate falls with each decade of steps while longer trainings still learn more. It then lies
just below where steps overshoot, which hardly moves where each step has the same size. Chosen on the development pairs
of benchmarks/lr_finders.py."""


def learning_slope(name: str) -> float:
    """How much lower the best rate of a longer training lies."""
    return LEARNING_OF_SGD if name in SGD else LEARNING
