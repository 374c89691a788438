"""What is changed about a run to cure a finding, and how a trial run is set up."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wellfit.model.place import Place

WHOLE = 2**62
"""Optimizer steps that no training makes: a trial of so many is a whole run."""


@dataclass(frozen=True, slots=True)
class Cure:
    """One change to a training while it runs.

    Args:
        intervention: its name in `wellfit.intervene.catalogue`.
        place: the user's line that it acts at; None where it acts wherever its subject is met.
        options: what it needs besides; strings, numbers, booleans and lists of them.
    """

    intervention: str
    place: Place | None = None
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Cure":
        """What `dataclasses.asdict` made, read back from JSON."""
        place = values["place"]
        return cls(values["intervention"], Place(**place) if place else None, values["options"])


@dataclass(frozen=True, slots=True)
class Trial:
    """How one run of a proof differs from the user's own.

    Args:
        seed: 0 leaves the script's own seeds alone; n > 0 shifts each of them.
        train_steps: optimizer steps that train; after them the weights are held still.
        score_steps: further steps, in evaluation mode, whose batches are scored.
        cures: what is changed.
        root: absolute folder of the user's that was copied; places name files below it.
        copy: absolute folder that the script runs in.
        allowed: absolute folders besides that may be written to.
    """

    seed: int
    train_steps: int
    score_steps: int
    cures: tuple[Cure, ...] = ()
    root: str = ""
    copy: str = ""
    allowed: tuple[str, ...] = ()

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Trial":
        """What `dataclasses.asdict` made, read back from JSON."""
        cures = tuple(Cure.from_dict(cure) for cure in values["cures"])
        return cls(**{**values, "cures": cures, "allowed": tuple(values["allowed"])})
