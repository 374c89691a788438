"""From a model and its data to a training set-up of plain torch objects, with the reason for every value."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from wellfit.recipes import paste
from wellfit.recipes.adapt import Choice, adapt
from wellfit.recipes.augmenter import augmenter
from wellfit.recipes.choose import Chosen, check_names, choose
from wellfit.recipes.detect import Detection, detect
from wellfit.recipes.loss import loss_of
from wellfit.recipes.pretrained import Trained, looks_trained
from wellfit.recipes.recipe import Recipe
from wellfit.recipes.setting import Setting, read_setting
from wellfit.recipes.show import show
from wellfit.recipes.space import Knob, knobs
from wellfit.regularize.labels.mixup_cutmix.method import MixCut
from wellfit.regularize.weights.dropout.method import DropoutSet, set_dropout
from wellfit.regularize.weights.dropout.places import holder_of, is_idle
from wellfit.regularize.weights.weight_decay.depth import find_blocks
from wellfit.regularize.weights.weight_decay.groups import param_groups
from wellfit.schedules.schedule import schedule

STRUCTURAL = ("position", "marked")
"""Kinds of parameters that no recipe decays that spares anything at all."""


def recipe(  # noqa: PLR0913  # one call says all that is known of the run
    model: nn.Module,
    loader: Any,
    epochs: float,
    *,
    family: str | None = None,
    optimizer: str | None = None,
    pretrained: bool | None = None,
    batch_size: int | None = None,
    steps: int | None = None,
) -> "Plan":
    """A training set-up for a model, fitted to its data and budget; nothing of either is changed or run.

    Args:
        model: any module.
        loader: gives batches; its length counts, and it is not iterated. None where `steps` says enough.
        epochs: passes over the data, above 0.
        family: goes before what is detected: a family (cnn, vit, encoder, decoder, seq2seq, gnn, rnn, mlp,
            ft-transformer, diffusion, dit, gan) or a recipe by its name.
        optimizer: a class of torch.optim by name; None takes the recipe's.
        pretrained: whether the weights were trained before; None looks at the gains of the norms.
        batch_size: where the loader does not say, or gradients are accumulated over several batches.
        steps: optimizer steps in all; by default the loader's length times `epochs`.

    Returns:
        A plan: print it, build it.

    Raises:
        ValueError: an unknown name, a number out of its range, or a model without parameters; names all that are wrong.

    Example:
        >>> from torch import nn
        >>> plan = recipe(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), None, 20, steps=2000)
        >>> plan.recipe.name, plan["optimizer"].value
        ('mlp', 'AdamW')
    """
    mistakes = check_names(family, optimizer)
    if not any(p.requires_grad for p in model.parameters()):
        mistakes.append(f"model must have parameters that train, got 0 of {sum(1 for _ in model.parameters())}")
    try:
        setting = read_setting(loader, epochs, batch_size=batch_size, steps=steps)
    except ValueError as wrong:
        raise ValueError("; ".join([*mistakes, str(wrong)])) from None
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return plan_for(detect(model), judge_weights(model, pretrained), setting, family=family, optimizer=optimizer)


def plan_for(
    found: Detection, trained: Trained, setting: Setting, *, family: str | None = None, optimizer: str | None = None
) -> "Plan":
    """The same for a model that was looked at before.

    Args:
        found: what it was taken for.
        trained: whether its weights were.
        setting: the run.
        family: a known name, or None.
        optimizer: a known name, or None.
    """
    chosen = _without_blocks(choose(found, family, optimizer, pretrained=trained.is_so), found.structure.model)
    return Plan(chosen, found, trained, setting, adapt(chosen, setting, found.structure))


def judge_weights(model: nn.Module, said: bool | None) -> Trained:  # noqa: FBT001  # as the caller said it
    """Whether a model was trained before, as the caller says or as its norms do.

    Args:
        model: any module; it is not run.
        said: None where the caller does not know.
    """
    if said is None:
        return looks_trained(model)
    return Trained(is_so=said, evidence=f"{'pretrained' if said else 'fresh'}, as you said")


def _without_blocks(chosen: Chosen, model: nn.Module) -> Chosen:
    """One rate for all layers where the model has no stack of blocks to tell depth by."""
    if chosen.recipe.layer_decay is None or find_blocks(model):
        return chosen
    why = f"{chosen.why}; one rate for all layers, since no stack of alike blocks tells their depth"
    return replace(chosen, recipe=replace(chosen.recipe, layer_decay=None), why=why)


@dataclass(frozen=True)
class Plan:
    """A recipe fitted to one run.

    Args:
        chosen: the recipe and why it was taken.
        detection: what the model was taken for.
        trained: whether its weights were, and the evidence.
        setting: the run.
        choices: every value by name.
    """

    chosen: Chosen
    detection: Detection
    trained: Trained
    setting: Setting
    choices: Mapping[str, Choice]

    @property
    def recipe(self) -> Recipe:
        """As its sources have it."""
        return self.chosen.recipe

    def __getitem__(self, name: str) -> Choice:
        return self.choices[name]

    def value(self, name: str) -> Any:
        """The value of that name for this run; None where the recipe has none."""
        return self.choices[name].value if name in self.choices else None

    def build(self, model: nn.Module) -> tuple[Optimizer, LRScheduler]:
        """The optimizer, with its parameter groups, and the scheduler, to be stepped once after each optimizer step.

        Args:
            model: whose parameters train.

        Raises:
            ValueError: torch.optim lacks what the recipe needs; says what.
        """
        if self.recipe.lacks:
            raise ValueError(f"recipe {self.recipe.name} cannot be built: {self.recipe.lacks}")
        lr, decay = self.value("lr"), self.value("weight_decay")
        groups = param_groups(model, lr, decay, self.value("layer_decay"), no_decay=self._no_decay)
        make = getattr(torch.optim, self.value("optimizer"))
        optimizer: Optimizer = make(list(groups), lr=lr, **self.value("options"))
        options = dict(self.recipe.schedule_options)
        return optimizer, schedule(
            optimizer, self.value("schedule"), self.setting.steps, warmup=self.value("warmup"), **options
        )

    @property
    def dropped(self) -> tuple[float, ...]:
        """The chances at which the model drops out by itself, rising."""
        return tuple(sorted(_rates(self.detection.structure.model)))

    @property
    def head(self) -> tuple[tuple[str, str], ...]:
        """What was detected, the run, and why this recipe was taken, by name."""
        return (
            ("detected", str(self.detection)),
            ("weights", self.trained.evidence),
            ("run", str(self.setting)),
            ("recipe", f"{self.recipe.name}, for: {self.recipe.applies}; taken because: {self.chosen.why}"),
        )

    @property
    def is_a_guess(self) -> bool:
        """Whether the family is not known, and nobody said it."""
        return self.detection.family == "unknown" and self.recipe.family == "unknown"

    @property
    def title(self) -> str:
        """The recipe in one line."""
        return f"{self.recipe.name}: {self.recipe.title}" + (" (preview)" if self.recipe.preview else "")

    @property
    def _no_decay(self) -> tuple[str, ...]:
        spared = self.value("no_decay")
        return (*spared, *STRUCTURAL) if spared else ()

    @cached_property
    def augment(self) -> nn.Module | None:
        """Of batches of images, in [0, 1], off in evaluation mode; None where the recipe has none."""
        return augmenter(self.value("augmentation"))

    def mix(self, classes: int) -> MixCut | None:
        """Mixup and cutmix of a batch and its labels, off in evaluation mode; None where the plan has neither.

        Args:
            classes: how many there are.
        """
        mixup, cutmix = (self.value(name) or 0.0 for name in ("mixup", "cutmix"))
        return MixCut(mixup, cutmix, classes=classes) if mixup or cutmix else None

    def loss(self, output: Tensor, target: Tensor) -> Tensor:
        """Cross-entropy with the plan's label smoothing for whole-number targets, squared error for numbers.

        Args:
            output: of the model.
            target: classes (int64), shares of classes or numbers (float).
        """
        return loss_of(output, target, label_smoothing=self.value("label_smoothing") or 0.0)

    def clip(self, model: nn.Module) -> Tensor | None:
        """Clip the gradients' norm, after `backward` and, with mixed precision, after `unscale_`.

        Args:
            model: whose gradients.

        Returns:
            The norm before; None where the plan clips nothing.
        """
        most = self.value("clip")
        return nn.utils.clip_grad_norm_(model.parameters(), most) if most else None

    def set_dropout(self, model: nn.Module) -> DropoutSet | None:
        """Set everything in a model that drops out to the plan's chance.

        Args:
            model: changed in place.

        Returns:
            What was set, for `print`; None where the recipe names no chance or the model drops nothing.
        """
        chance = self.value("dropout")
        return set_dropout(model, chance) if chance is not None and _rates(model) else None

    def search_space(self) -> tuple[Knob, ...]:
        """What a search may vary, centred on this plan; the decay as the epochs that the weights remember."""
        names = ("lr", "weight_decay", "dropout", "label_smoothing", "stochastic_depth")
        return tuple(
            knobs(
                {name: self.value(name) for name in names},
                momentum=self.value("options").get("momentum", 0.0),
                setting=self.setting,
                has_dropout=bool(_rates(self.detection.structure.model)),
                augments=bool(self.value("augmentation")),
            )
        )

    def code(self) -> str:
        """The plan as a program to paste."""
        values = {name: choice.value for name, choice in self.choices.items()} | {"no_decay": self._no_decay}
        options = self.recipe.schedule_options
        return paste.code(values, epochs=self.setting.epochs, steps=self.setting.steps, schedule_options=options)

    def __str__(self) -> str:
        return show(self.title, self.head, list(self.choices.values()), [*self._dropout_note(), *self.notes()])

    def _dropout_note(self) -> list[str]:
        chance, have = self.value("dropout"), self.dropped
        if chance is None or all(p == chance for p in have):
            return []
        shown = ", ".join(f"{p:g}" for p in have)
        return [f"The model drops {shown}; plan.set_dropout(model) sets {chance:g}, build does not."]

    def notes(self) -> list[str]:
        """What no value says, in sentences."""
        notes = []
        if self.is_a_guess:
            notes.append(
                "The family is not known, so these are safe values and not the best ones; say family= if you know it."
            )
        if self.recipe.aside:
            notes.append(f"Beside it: {self.recipe.aside}.")
        if self.recipe.preview:
            notes.append("* recalled and not read in its source: a preview.")
        return notes


def _rates(model: nn.Module) -> set[float]:
    """The chances of all modules that drop out."""
    acting = (m for m in model.modules() if not is_idle(m))
    return {float(getattr(m, held)) for m in acting if (held := holder_of(m))}
