"""Why a run does not come back, in one sentence, and the edit that cures it."""

from dataclasses import dataclass
from typing import Literal

from wellfit.model.place import Place

What = Literal[
    "init",
    "data order",
    "augmentation",
    "dropout",
    "kernels",
    "hash order",
    "a file",
    "threads",
    "environment",
    "training",
    "later",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Cause:
    """What the short runs came to.

    Args:
        what: parts the runs.
        saw: a sentence without its full stop: what differs, where, and what chance comes in by.
        fix: the edit, or what to do.
        place: the line to be changed, its file relative to the repository; None where none is known.
        confirmed: with this alone held still, short runs came out equal.
        trials: short runs that were made.
    """

    what: What
    saw: str
    fix: str = ""
    place: Place | None = None
    confirmed: bool = False
    trials: int = 0


def at(place: Place | None) -> str:
    """`file:line`; in words where there is none."""
    return "a line that is not known" if place is None else f"{place.file}:{place.line}"
