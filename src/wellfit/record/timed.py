"""Names of metrics that a library makes from the clock: no run has them again."""

import functools
from collections.abc import Callable
from types import ModuleType
from typing import Any

from wellfit.record.late import once_imported
from wellfit.record.quietly import quietly

MODULE, FUNCTION = "transformers.trainer_utils", "speed_metrics"
"""Returns a dictionary of seconds, and of what was done in one, by the name under which the Trainer prints it."""


def listen(names: set[str]) -> None:
    """Collect such names from here on.

    Args:
        names: gets them, before they are printed.
    """
    once_imported(MODULE, functools.partial(_wrap_in, names))


def _wrap_in(names: set[str], module: ModuleType) -> None:
    original: Callable[..., Any] = getattr(module, FUNCTION)

    @functools.wraps(original)
    def speed_metrics(*args: Any, **kwargs: Any) -> Any:
        measured = original(*args, **kwargs)
        quietly(names.update, measured)
        return measured

    setattr(module, FUNCTION, speed_metrics)
