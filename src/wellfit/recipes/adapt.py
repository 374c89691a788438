"""From a recipe's own batch, data and budget to those at hand: each value with the rule that set it."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wellfit.recipes.choose import ADAMS, Chosen
from wellfit.recipes.recipe import Recipe
from wellfit.recipes.setting import Setting
from wellfit.recipes.structure import Structure

LONGEST_WARMUP = 0.1
"""Share of the run, as the Deep Learning Tuning Playbook has it."""

PATH, SHORT_PATH = 3.0, 1.0
"""Least way that Adam can move a weight in the whole run at the peak rate, steps * lr, and that where samples are few.

Weights start well below 1. Chosen on validation parts of the tasks in benchmarks/recipes.py, of 1 and 3 and 6.
"""

READERS = ("encoder", "decoder", "seq2seq", "rnn")
"""Families whose embedding tables hold words; an MLP's hold the values of a column."""

WORD_PATH = 6.0
"""The same where words are looked up: a word's row moves only in the batches that hold it. Of 1, 3, 6 and 10."""

FEW_SAMPLES = 500
"""Below it the way is the short one and an MLP drops more: a longer one learnt 177 rows of diabetes by heart.

Not where words are looked up: 364 texts were learnt better the long way, by a transformer and by a recurrent network.
"""

DROPOUT_OF_FEW = 0.4
"""For MLPs on few samples; 0.3 and 0.5 beat 0.15 there, in the same trials."""

HIGHEST_SMALL, HIGHEST_WORDS, HIGHEST_LARGE, LARGE = 0.01, 0.03, 1e-3, 1_000_000
"""Above these the rate is not raised for a short run: of networks like those tried, and of ones with more numbers."""

RAISED = "raised from"
"""How the rule of a rate says that it was, for those that follow it."""

MEMORY_OF_RAISED = 1 / 3
"""Share of the run that the weights of a reader remember whose rate was raised for a short run.

Without decay so long a way leads anywhere: a third was better than none on texts for a transformer, a GPT and a
recurrent classifier, by 0.06 to 0.13 of accuracy, and worse by 0.01 for a recurrent language model.
"""

FULL_READS = 75
"""Epochs from which a language model drops the whole chance: nanoGPT's of characters reads its text about as often."""

LONGEST_AVERAGE = 0.1
"""Share of the run that an average of weights may reach back: beyond it most of it would be of the start."""

SHORTEST_MEMORY = 50
"""Steps that weights remember at least: a few epochs of a tiny data set are too few gradients to average over."""

MANY_STEPS = 10_000
"""Steps from which strong regularization has time to pay; below, mixing and random depth are left out."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a plan.

    Args:
        name: as the recipe has it.
        value: for this run.
        source: of the recipe's value.
        rule: how this run's value came from the recipe's; empty where it is the same.
        read: whether the recipe's value was read in its source.
    """

    name: str
    value: Any
    source: str
    rule: str = ""
    read: bool = True


def adapt(chosen: Chosen, setting: Setting, structure: Structure) -> dict[str, Choice]:
    """Every value of a recipe for a run, by name.

    Args:
        chosen: the recipe and a factor on its rate.
        setting: the run.
        structure: of the model.
    """
    choices: dict[str, Choice] = {}
    for name, line in chosen.recipe.lines:
        rule = _RULES.get(name)
        value, why = rule(chosen, setting, structure, choices) if rule else (line.value, "")
        choices[name] = Choice(name, value, line.source, why, line.read)
    return choices


Answer = tuple[Any, str]


def _lr(chosen: Chosen, setting: Setting, structure: Structure, _: dict[str, Choice]) -> Answer:
    """By the batch, for pretrained weights, and for short runs of Adam."""
    recipe, reasons = chosen.recipe, []
    factor, why = _batch_factor(recipe, setting)
    reasons.append(why)
    lr = recipe.lr.value * factor * chosen.lr_factor
    if chosen.lr_factor != 1:
        reasons.append(f"x {chosen.lr_factor:g} for pretrained weights")
    floor = _least_rate(recipe, setting, structure)
    if _may_rise(chosen) and lr < floor:
        reasons.append(f"{RAISED} {lr:.2g}: a run of {setting.steps} steps is short for Adam")
        lr = floor
    return _rounded(lr), "; ".join(filter(None, reasons))


def _least_rate(recipe: Recipe, setting: Setting, structure: Structure) -> float:
    """With which Adam gets anywhere in so many steps."""
    if _reads_words(recipe, structure):
        path, highest = WORD_PATH, HIGHEST_WORDS
    else:
        path, highest = (SHORT_PATH if _are_few(setting) else PATH), HIGHEST_SMALL
    return min(path / setting.steps, highest if structure.numbers < LARGE else HIGHEST_LARGE)


def _reads_words(recipe: Recipe, structure: Structure) -> bool:
    return bool(structure.tables) and recipe.family in READERS


def _are_few(setting: Setting) -> bool:
    return setting.samples is not None and setting.samples < FEW_SAMPLES


def _is_fresh(chosen: Chosen) -> bool:
    """Pretrained weights should neither go far nor be forgotten."""
    return chosen.lr_factor == 1 and not chosen.recipe.name.endswith(("finetune", "lora"))


def _may_rise(chosen: Chosen) -> bool:
    return (
        _is_fresh(chosen)
        and chosen.recipe.optimizer.value in ADAMS
        and chosen.recipe.family not in {"gnn", "gan", "diffusion", "dit"}
    )


def _batch_factor(recipe: Recipe, setting: Setting) -> tuple[float, str]:
    reference, rule = recipe.batch_size.value, recipe.scaling.value
    at = f"{recipe.lr.value:g} at batch {reference}"
    if rule == "none" or setting.batch_size is None or setting.batch_size == reference:
        return 1.0, "" if rule == "none" or setting.batch_size else f"{at}; batch size not known, so not scaled"
    ratio = setting.batch_size / reference
    if rule == "linear":
        return ratio, f"{at}, in proportion to the batch"
    return math.sqrt(ratio), f"{at}, with the square root of the batch"


def _warmup(chosen: Chosen, setting: Setting, _: Structure, __: dict[str, Choice]) -> Answer:
    """In steps, at most a tenth of the run."""
    asked, unit = chosen.recipe.warmup.value, chosen.recipe.warmup_unit
    per = {"steps": 1.0, "epochs": setting.steps_per_epoch, "fraction": float(setting.steps)}[unit]
    steps, longest = round(asked * per), int(LONGEST_WARMUP * setting.steps)
    said = f"{asked:g} of the run" if unit == "fraction" else f"{asked:g} {unit}"
    if steps > longest:
        there = f"{said} there" if unit == "steps" else f"{said} would be {steps} steps"
        return longest, f"{there}; at most {LONGEST_WARMUP:.0%} of the run"
    return steps, f"{said}, in steps" if unit != "steps" and asked else ""


def _weight_decay(chosen: Chosen, setting: Setting, structure: Structure, choices: dict[str, Choice]) -> Answer:
    """The same time in epochs that the weights remember, where the recipe's decay acts within its own run."""
    recipe = chosen.recipe
    if _reads_words(recipe, structure) and recipe.optimizer.value == "AdamW" and RAISED in choices["lr"].rule:
        kept = max(MEMORY_OF_RAISED * setting.steps, SHORTEST_MEMORY)
        why = f"{recipe.weight_decay.value:g} there; with a raised rate the weights remember {kept:.0f} steps"
        return _rounded(1 / (choices["lr"].value * kept)), why
    epochs = timescale(recipe)
    if epochs is None or epochs > recipe.value("epochs", math.inf) or not _is_fresh(chosen):
        return recipe.weight_decay.value, ""
    lr = choices["lr"].value / (1 - recipe.options.value.get("momentum", 0.0))
    kept = min(max(epochs, SHORTEST_MEMORY / setting.steps_per_epoch), setting.epochs)
    value = _rounded(1 / (lr * kept * setting.steps_per_epoch))
    time = f"{epochs:.2g} epochs of {recipe.value('samples'):,} samples"
    now = "kept" if kept == epochs else f"here {kept:.2g}"
    return value, f"{recipe.weight_decay.value:g} lets weights remember {time}; {now}"


def timescale(recipe: Recipe) -> float | None:
    """How many epochs the weights remember under a recipe; None where its data or its decay are not known as such."""
    samples, decay = recipe.value("samples"), recipe.weight_decay.value
    decoupled = recipe.optimizer.value in {"AdamW", "SGD"}
    if not samples or not decay or not decoupled:
        return None
    lr = recipe.lr.value / (1 - recipe.options.value.get("momentum", 0.0))
    return float(recipe.batch_size.value / (lr * decay * samples))


def _mixing(name: str) -> Callable[[Chosen, Setting, Structure, dict[str, Choice]], Answer]:
    def rule(chosen: Chosen, setting: Setting, _: Structure, __: dict[str, Choice]) -> Answer:
        value = chosen.recipe.value(name)
        if value and setting.steps < MANY_STEPS:
            return 0.0, f"{value:g} there; left out of a run below {MANY_STEPS:,} steps, which has no time for it"
        return value, ""

    return rule


def _augmentation(chosen: Chosen, setting: Setting, structure: Structure, _: dict[str, Choice]) -> Answer:
    """No mirror for images of one channel; only shifts and mirrors in a short run."""
    options, reasons = dict(chosen.recipe.value("augmentation") or {}), []
    if structure.channels == 1 and options.pop("flip", None):
        reasons.append("no mirror: one channel may mean letters or digits")
    strong = [name for name in options if name not in {"flip", "shift"}]
    if strong and setting.steps < MANY_STEPS:
        options = {name: value for name, value in options.items() if name not in strong}
        reasons.append(f"{', '.join(strong)} left out of a run below {MANY_STEPS:,} steps")
    return options or None, "; ".join(reasons)


def _dropout(chosen: Chosen, setting: Setting, structure: Structure, _: dict[str, Choice]) -> Answer:
    """More for few samples; less for a language model that reads its text too seldom to know it by heart."""
    value = chosen.recipe.value("dropout")
    writes = chosen.recipe.family in {"decoder", "rnn"} and structure.vocabulary_head
    if value and writes and _is_fresh(chosen) and setting.epochs < FULL_READS:
        share = setting.epochs / FULL_READS
        return round(share * value, 2), f"{value:g} there for {FULL_READS} epochs and more, in proportion below"
    if chosen.recipe.family == "mlp" and _are_few(setting) and value < DROPOUT_OF_FEW:
        return DROPOUT_OF_FEW, f"{value:g} there; {setting.samples} samples are few"
    return value, ""


def _ema(chosen: Chosen, setting: Setting, _: Structure, __: dict[str, Choice]) -> Answer:
    """An average over at most a tenth of the run."""
    decay, most = chosen.recipe.value("ema"), LONGEST_AVERAGE * setting.steps
    if most < 1 / (1 - decay):
        value = round(1 - 1 / most, 5) if most > 1 else 0.0
        return (
            value,
            f"{decay:g} there averages {round(1 / (1 - decay)):,} steps; at most {LONGEST_AVERAGE:.0%} of the run",
        )
    return decay, ""


def _batch(chosen: Chosen, setting: Setting, _: Structure, __: dict[str, Choice]) -> Answer:
    return setting.batch_size, f"as the loader has it; {chosen.recipe.batch_size.value} there"


_RULES: dict[str, Callable[[Chosen, Setting, Structure, dict[str, Choice]], Answer]] = {
    "lr": _lr,
    "batch_size": _batch,
    "warmup": _warmup,
    "weight_decay": _weight_decay,
    "mixup": _mixing("mixup"),
    "cutmix": _mixing("cutmix"),
    "stochastic_depth": _mixing("stochastic_depth"),
    "augmentation": _augmentation,
    "dropout": _dropout,
    "ema": _ema,
}
"""How a value follows the run; what is not here stays as the recipe has it."""


def _rounded(value: float) -> float:
    """Three digits: more would claim what no rule knows."""
    return float(f"{value:.3g}")
