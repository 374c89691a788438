"""Metrics that a program writes for TensorBoard, whichever package writes them."""

from collections.abc import Callable
from functools import partial
from types import ModuleType
from typing import Any

from wellfit.record.late import once_imported
from wellfit.record.quietly import quietly

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
        once_imported(module, partial(_wrap_in, name, heard))


def _wrap_in(name: str, heard: Heard, module: ModuleType) -> None:
    _wrap(getattr(module, name, None), heard)


def _tell(heard: Heard, tag: Any, value: Any, step: Any) -> None:
    heard(str(tag), float(value), None if step is None else int(step))


def _wrap(kind: Any, heard: Heard) -> None:
    original = getattr(kind, "add_scalar", None)
    if original is None:
        return

    def add_scalar(self: Any, tag: Any, scalar_value: Any, global_step: Any = None, *args: Any, **kwargs: Any) -> Any:
        result = original(self, tag, scalar_value, global_step, *args, **kwargs)
        quietly(_tell, heard, tag, scalar_value, global_step)
        return result

    add_scalar.__name__, add_scalar.__qualname__ = original.__name__, original.__qualname__
    add_scalar.__doc__, add_scalar.__wrapped__ = original.__doc__, original  # type: ignore[attr-defined]
    kind.add_scalar = add_scalar
