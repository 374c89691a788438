"""What holds for the arguments of every schedule, and how far a run has come."""


def require(*rules: tuple[bool, str]) -> None:
    """Hold all rules of one call at once.

    Args:
        rules: whether each holds, and the sentence to say where it does not.

    Raises:
        ValueError: some do not hold; names all of them.
    """
    broken = [sentence for holds, sentence in rules if not holds]
    if broken:
        raise ValueError("; ".join(broken))


def in_run(step: float, total: int) -> tuple[tuple[bool, str], tuple[bool, str]]:
    """The rules for a step and the length of its run."""
    return (
        (step >= 0, f"step must be >= 0, got {step}"),
        (total >= 1, f"total must be >= 1, got {total}"),
    )


def ratio(name: str, value: float) -> tuple[bool, str]:
    """The rule for a share of the peak that a schedule ends at; 0 lets a run that goes on stand still."""
    return 0 <= value < 1, f"{name} must lie in [0, 1), got {value}"


def share(name: str, value: float) -> tuple[bool, str]:
    """The rule for a share of the run, neither nothing nor all of it."""
    return 0 < value < 1, f"{name} must lie in (0, 1), got {value}"


def progress(step: float, total: float) -> float:
    """The share of the run that lies behind, in [0, 1]; past the end it stays at 1."""
    return min(step / total, 1.0)


def between(floor: float, left: float) -> float:
    """From the floor to 1, as far as `left` says; exact at both ends, which `floor + (1 - floor)` is not.

    Args:
        floor: in [0, 1).
        left: in [0, 1].
    """
    return 1.0 if left >= 1 else min(1.0, floor + (1 - floor) * left)
