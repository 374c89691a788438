"""Metrics that a program writes for TensorBoard, whichever package writes them."""

from collections.abc import Callable
from typing import Any

from wellfit.record.late import once_imported

Heard = Callable[[str, float, int | None], None]

WRITERS = (
    ("torch.utils.tensorboard.writer", "SummaryWriter"),
    ("tensorboardX.writer", "SummaryWriter"),
)
"""Modules and their classes with `add_scalar(tag, scalar_value, global_step=None, ...)`."""


def listen(heard: Heard) -> None:
    """Hear each `add_scalar` from here on.

    Args:
        heard: is told tag, value and step; None where the program says no step.
    """
    for module, name in WRITERS:
        once_imported(module, lambda found, name=name: _wrap(getattr(found, name, None), heard))


def _wrap(kind: Any, heard: Heard) -> None:
    original = getattr(kind, "add_scalar", None)
    if original is None:
        return

    def add_scalar(self: Any, tag: Any, scalar_value: Any, global_step: Any = None, *args: Any, **kwargs: Any) -> Any:
        result = original(self, tag, scalar_value, global_step, *args, **kwargs)
        try:
            heard(str(tag), float(scalar_value), None if global_step is None else int(global_step))
        except (TypeError, ValueError, RuntimeError):
            pass  # no number: the writer has said so itself, or has a use for it
        return result

    add_scalar.__name__, add_scalar.__qualname__ = original.__name__, original.__qualname__
    add_scalar.__doc__, add_scalar.__wrapped__ = original.__doc__, original  # type: ignore[attr-defined]
    kind.add_scalar = add_scalar


