"""What a module may read while it is imported, as far as a program can have set it before."""

from __future__ import annotations

import hashlib
import os
import random
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


def conditions(start: Mapping[str, str]) -> dict[str, Any]:
    """The conditions of an import that begins now; two that are equal import alike.

    Args:
        start: environment before the program's first line.

    Returns:
        values that JSON keeps as they are.
    """
    return {
        "environment": _changed(start),
        "folder": _folder(),
        "arguments": sys.argv[1:],
        "logging": _logging(),
        "dtype": _dtype(),
        "drawn": _drawn(),
    }


def _drawn() -> str:
    """Where Python's own generator stands: an import that draws must draw as it did."""
    return hashlib.blake2b(repr(random.getstate()).encode(), digest_size=8).hexdigest()


def _changed(start: Mapping[str, str]) -> dict[str, str | None]:
    """Variables that have another value than at the start; None for those that are gone."""
    now = dict(os.environ)
    return {name: now.get(name) for name in sorted({*start, *now}) if now.get(name) != start.get(name)}


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return ""


def _logging() -> list[int]:
    """Level and number of handlers of the root logger: libraries look whether anybody has set it up."""
    logging = sys.modules.get("logging")
    return [] if logging is None else [logging.root.level, len(logging.root.handlers)]


def _dtype() -> str:
    torch = sys.modules.get("torch")
    return "" if torch is None else str(torch.get_default_dtype())
