"""How a short run that is traced differs from the one that it is held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Retrace:
    """What of a traced run is held still.

    Args:
        root: absolute folder of the code; places name files below it without it.
        replay: absolute path of a JSON file with what sources gave in another run, by key; None lets each give its own.
        deterministic: torch keeps to deterministic algorithms from the start.
    """

    root: str
    replay: str | None = None
    deterministic: bool = False

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Retrace":
        """What `dataclasses.asdict` made, read back from JSON."""
        return cls(**values)
