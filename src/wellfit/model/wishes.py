"""What `wellfit recipe` was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Wishes:
    """What goes before what the run shows.

    Args:
        family: a family's or a recipe's name; None takes what is detected.
        optimizer: a class of torch.optim by name; None takes the recipe's.
        pretrained: whether the weights were trained before; None looks at them.
        epochs: passes over the data in the whole run; None takes what the run shows.
    """

    family: str | None = None
    optimizer: str | None = None
    pretrained: bool | None = None
    epochs: float | None = None

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Wishes":
        """What `dataclasses.asdict` made, read back from JSON."""
        return cls(**values)
