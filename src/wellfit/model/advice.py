"""What `wellfit recipe` says of a script."""

from dataclasses import dataclass

from wellfit.model.events.recipe import RecipeCompared


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
    """

    script: str
    root: str
    comparison: RecipeCompared | None
    notices: tuple[str, ...]
    steps: int
    exit_code: int
