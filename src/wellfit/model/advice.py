"""What `wellfit recipe` says of a script."""

from dataclasses import dataclass

from wellfit.model.events.recipe import RecipeApplied, RecipeCompared
from wellfit.model.proof import Proof


@dataclass(frozen=True, slots=True)
class Measured:
    """What the recipe changes in the script, both trained for the same number of steps.

    Args:
        proof: the script as it is, and with the recipe in place of its own set-up.
        applied: the recipe for the length of these runs; None where none was trained by it.
        notes: sentences.
    """

    proof: Proof
    applied: RecipeApplied | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Advice:
    """A script beside its recipe.

    Args:
        script: as the user named it.
        root: absolute folder of the user's own files.
        comparison: None where nothing could be compared.
        notices: what to know besides.
        steps: optimizer steps that were watched.
        exit_code: of the script.
        measured: None where nobody asked.
    """

    script: str
    root: str
    comparison: RecipeCompared | None
    notices: tuple[str, ...]
    steps: int
    exit_code: int
    measured: Measured | None = None
