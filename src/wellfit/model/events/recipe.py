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
class RunLength:
    """The run that a recipe is fitted to.

    Args:
        steps: of the optimizer, in the whole run.
        epochs: passes over the data.
        batch_size: samples a step; None where it is not known.
        samples: in the data set; None where it is not known.
        known: false where nothing says how long the run is, and a usual length is assumed.
        scheduled_every: steps of the optimizer from one call of its scheduler to the next; None where it has none, or
            has not called it yet and nothing says how long an epoch is.
    """

    steps: int
    epochs: float
    batch_size: int | None
    samples: int | None
    known: bool
    scheduled_every: float | None


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
        length: of the run.
        share: of all optimizer steps in the process, those of this optimizer.
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
    length: RunLength
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class RecipeApplied:
    """A trial run was trained by a recipe.

    Args:
        title: the recipe in one line.
        steps: that it was made for.
        values: of the recipe for this run, in words; name and text.
        not_applied: values that could not be put into the running program, and why.
        besides: values that were applied and that the code to paste leaves to the user, with what sets them.
    """

    title: str
    steps: int
    values: tuple[tuple[str, str], ...]
    not_applied: tuple[str, ...]
    besides: tuple[str, ...] = ()
