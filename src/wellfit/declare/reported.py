"""`wellfit.report`: values of metrics, told by the program itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

Heard = Callable[[int | None, dict[str, float]], None]

_LISTENERS: list[Heard] = []
"""Of this process; the one that began last hears alone."""


def report(step: int | None = None, **metrics: Any) -> None:
    """Tell values of metrics: a record notes them, and a search may end the trial here. Nothing otherwise.

    Args:
        step: that they belong to; None takes the optimizer steps so far.
        metrics: numbers by name, or what `float` makes one: tensors of one element.

    Raises:
        TypeError: a value is no number, where somebody hears it.

    Example:
        >>> report(1, val_loss=0.31)
    """
    if _LISTENERS:
        _LISTENERS[-1](None if step is None else int(step), {name: number(name, v) for name, v in metrics.items()})


def number(name: str, value: Any) -> float:
    """The value of a metric.

    Raises:
        TypeError: it is no number.
    """
    detach = getattr(value, "detach", None)  # torch warns of a number that is taken out of a graph
    try:
        return float(value if detach is None else detach())
    except (TypeError, ValueError, RuntimeError):
        kind = type(value).__name__
        raise TypeError(f"the metric {name} must be a number, or a tensor of one element; got a {kind}") from None


def listen(heard: Heard) -> None:
    """Hear what this process reports from here on.

    Args:
        heard: is told the step, or None, and values by name.
    """
    _LISTENERS.append(heard)


@contextmanager
def hearing(heard: Heard) -> Iterator[None]:
    """Hear what is reported within."""
    _LISTENERS.append(heard)
    try:
        yield
    finally:
        _LISTENERS.remove(heard)
