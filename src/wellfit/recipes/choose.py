"""Which recipe a model and a wish lead to."""

import difflib
from dataclasses import dataclass, replace

from torch import optim

from wellfit.recipes.catalogue import BY_NAME, FAMILIES, RECIPES
from wellfit.recipes.detect import Detection
from wellfit.recipes.recipe import Line, Recipe

SMALL_DECODER = 30_000_000
"""Parameters below which a decoder is a small one: between nanoGPT's for characters (11 M) and GPT-2 (124 M)."""

ADAMS = ("AdamW", "Adam", "NAdam", "RAdam", "Adamax")
"""Optimizers whose step is about as long as the learning rate, whatever the gradients; they share it."""

SGDS = ("SGD", "ASGD")

WITH_RECIPES = (*ADAMS, *SGDS)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A recipe and why it was taken.

    Args:
        recipe: with the optimizer that was asked for.
        why: in words.
        lr_factor: on top of the recipe's rate: 0.1 for pretrained weights where the family has no recipe for them.
    """

    recipe: Recipe
    why: str
    lr_factor: float = 1.0


def check_names(family: str | None, optimizer: str | None) -> list[str]:
    """What is wrong with the names of a call, one sentence each."""
    mistakes = []
    if family is not None and family not in (*FAMILIES, *BY_NAME):
        known = [*FAMILIES, *BY_NAME]
        rule = f"family must be one of {', '.join(FAMILIES)} or a recipe's name"
        mistakes.append(f"{rule}, got {family!r}{_near(family, known)}")
    if optimizer is not None and _class_name(optimizer) not in WITH_RECIPES:
        rule = f"optimizer must be one of {', '.join(WITH_RECIPES)}"
        mistakes.append(f"{rule}, got {optimizer!r}{_near(optimizer, [*WITH_RECIPES])}")
    return mistakes


def _near(word: str, known: list[str]) -> str:
    lower = {k.lower(): k for k in known}
    near = difflib.get_close_matches(word.lower(), lower, n=1)
    return f"; did you mean {lower[near[0]]!r}?" if near else ""


def _class_name(optimizer: str) -> str:
    names = {name.lower(): name for name in dir(optim) if isinstance(getattr(optim, name), type)}
    return names.get(optimizer.lower(), optimizer)


def choose(found: Detection, family: str | None, optimizer: str | None, *, pretrained: bool) -> Chosen:
    """Take a recipe.

    Args:
        found: what the model was detected as.
        family: a family's or a recipe's name that goes before what was detected.
        optimizer: name of a class in torch.optim, in any case; None takes the recipe's own.
        pretrained: whether the weights were trained before.
    """
    if family in BY_NAME and family not in FAMILIES:
        return _with_optimizer(Chosen(BY_NAME[family], "asked for by name"), optimizer)
    family = family or found.family
    wanted = _class_name(optimizer) if optimizer else None
    name, why = _name(found, family, wanted, pretrained=pretrained)
    chosen = Chosen(BY_NAME[name], why)
    if pretrained and not name.endswith(("finetune", "lora")):
        why = f"{why}; pretrained weights take a tenth of the rate, since the family has no recipe for them"
        chosen = Chosen(BY_NAME[name], why, lr_factor=0.1)
    return _with_optimizer(chosen, wanted)


def _name(found: Detection, family: str, wanted: str | None, *, pretrained: bool) -> tuple[str, str]:
    if wanted in SGDS and not any(r.family == family and r.optimizer.value == "SGD" for r in RECIPES):
        return "generic-sgd", f"no recipe for {family} trains with SGD"
    if family == "cnn":
        return _cnn(found, wanted)
    if pretrained and family in {"vit", "encoder"}:
        return f"{family}-finetune", "pretrained weights"
    if family == "decoder":
        return _decoder(found, pretrained=pretrained)
    if family == "rnn" and wanted in SGDS:
        return "rnn-awd", "SGD was asked for"
    return next(r.name for r in RECIPES if r.family == family), f"the family's first recipe ({family})"


def _cnn(found: Detection, wanted: str | None) -> tuple[str, str]:
    structure = found.structure
    if wanted in ADAMS:
        return "cnn-adam", "an optimizer of the Adam family was asked for"
    if wanted is None and not structure.batch_norms:
        return "cnn-adam", "no batch norm, which SGD at 0.1 counts on"
    if structure.convs and max(structure.convs[0].stride) == 1:
        return "cnn-small", "batch norm, and a first convolution that keeps the size, as for small images"
    return "cnn-classic", "batch norm, and a first convolution that shrinks its input, as for large images"


def _decoder(found: Detection, *, pretrained: bool) -> tuple[str, str]:
    structure = found.structure
    if pretrained and structure.trained < structure.numbers / 2:
        return "decoder-lora", f"pretrained weights, {structure.trained / structure.numbers:.1%} of them trained"
    if pretrained:
        return "decoder-finetune", "pretrained weights"
    size = f"{structure.numbers:,} parameters"
    return ("decoder-small" if structure.numbers < SMALL_DECODER else "decoder"), size


def _with_optimizer(chosen: Chosen, wanted: str | None) -> Chosen:
    """The recipe with another optimizer of the same kind."""
    recipe = chosen.recipe
    wanted = _class_name(wanted) if wanted else None
    if wanted is None or wanted == recipe.optimizer.value:
        return chosen
    line = Line(wanted, f"asked for; the recipe has {recipe.optimizer.value}, which shares its rate")
    changed = replace(recipe, optimizer=line)
    if wanted != "AdamW" and recipe.optimizer.value == "AdamW":
        off = Line(
            0.0, f"wellfit: {wanted} would divide the decay by the size of the gradients (Loshchilov, Hutter 2019)"
        )
        changed = replace(changed, weight_decay=off)
    return replace(chosen, recipe=changed, why=f"{chosen.why}; {wanted} was asked for")
