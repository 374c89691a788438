"""Events of `wellfit recipe`: what the script does beside what the recipe of its family says."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class ValueCompared:
    """One value of a training set-up.

    Args:
        name: as recipes name it.
        script: what the script does, in words; empty where nobody looked.
        recipe: what the recipe says for this run, in words; empty where it says nothing.
        same: whether the two agree; None where one is not known.
        rule: how the recipe's value came to fit this run.
        source: of the recipe's value.
        read: whether it was read in its source.
    """

    name: str
    script: str
    recipe: str
    same: bool | None
    rule: str = ""
    source: str = ""
    read: bool = True


@dataclass(frozen=True, slots=True)
class RecipeCompared:
    """The model that was trained, its recipe, and each value of both.

    Args:
        model: class of the module that the training loop calls.
        parameters: numbers in it, each counted once.
        made_at: the user's line that constructed the optimizer.
        steps: of this optimizer, watched.
        title: the recipe in one line.
        head: what was detected, the weights, the run, the recipe; name and text.
        values: of both.
        notes: sentences.
        code: the plan as a program to paste.
    """

    step: int
    model: str
    parameters: int
    made_at: Place | None
    steps: int
    title: str
    head: tuple[tuple[str, str], ...]
    values: tuple[ValueCompared, ...]
    notes: tuple[str, ...]
    code: str
