"""Values of a program as a record holds them."""

from collections.abc import Mapping
from enum import Enum
from typing import Any

from wellfit.model.option import Plain

LONGEST = 200
"""Characters of a value that is neither number nor boolean."""


def plain(value: Any) -> Plain:
    """A string, number, boolean or None as it is; of an enumeration's member its value; of anything else its `repr`."""
    if isinstance(value, Enum):
        return plain(value.value)
    if value is None or isinstance(value, (bool, int, float)):
        return value if type(value) in (type(None), bool, int, float) else _number(value)
    return cut(value if isinstance(value, str) else _shown(value))


def cut(text: str) -> str:
    """A text, or as much of it as is kept."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _number(value: Any) -> float:
    return int(value) if isinstance(value, int) else float(value)


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > LONGEST:
        return f"{type(value).__name__} of {len(value)}"
    if isinstance(value, (Mapping, list, tuple)):
        return repr(value)
    tells = "object at 0x" not in repr(value)
    return str(value) if tells else type(value).__name__  # an address would differ from run to run
