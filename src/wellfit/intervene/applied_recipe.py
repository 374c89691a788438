"""A recipe at work in a run: its optimizer and schedule, clipping, dropout and augmentation."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.intervene.averaged_weights import AveragedWeights
from wellfit.model.events.recipe import RecipeApplied
from wellfit.recipes.augmenter import augmenter
from wellfit.recipes.plan import Plan
from wellfit.recipes.show import HIDDEN, text_of
from wellfit.schedules.schedule import ScheduleLR

IMAGES = 4
"""Dimensions of a batch of images: samples, channels, height, width."""

MOVES = {"flip", "shift"}
"""Options of the augmenter that move pixels and leave their values alone: any scale of these will do."""

OUT_OF_REACH = {
    "stochastic_depth": "branches are skipped within the model's own code",
    "mixup": "labels are mixed within the loop",
    "cutmix": "labels are mixed within the loop",
}
"""Values that cannot be put into a running program, and why."""


class AppliedRecipe:
    """What a plan does in place of the program's own set-up.

    Args:
        plan: for this run.
        module: that the loop calls.
        held: the parameters of the optimizer that it stands for; others are left alone.

    Raises:
        ValueError: torch.optim lacks what the recipe needs.
    """

    def __init__(self, plan: Plan, module: Module, held: Sequence[Tensor]) -> None:
        self.module = module
        self.smoothing: float | None = plan.value("label_smoothing")
        self.smoothed = False
        self.clips = False
        """Whether a clipping that runs is the recipe's own."""
        self._plan = plan
        self._model = plan.detection.structure.model
        self.optimizer, self._scheduler = plan.build(self._model)
        self._loose: list[Tensor] = []
        self._steps = 0
        self._keep(held)
        self._dropout = plan.set_dropout(self._model)
        options = plan.value("augmentation") or {}
        self._augment = augmenter({**options, "check_range": False}) if options else None
        self._moves_alone = set(options) <= MOVES
        self._augmented = False
        decay = plan.value("ema")
        self._average = AveragedWeights(self._model, decay) if decay else None
        self._averaged = False

    def hold(self, parameters: Sequence[Tensor]) -> None:
        """Train parameters that lie outside the model, or that it did not train at first."""
        spares = bool(self._plan.value("no_decay"))
        for decays in (True, False):
            params = [p for p in parameters if (p.dim() > 1 or not spares) is decays]
            if params:
                self.optimizer.add_param_group({"params": params, **self._settings(decays=decays)})
                self._loose += params

    def _settings(self, *, decays: bool) -> dict[str, float]:
        rate = self._plan.value("lr")
        decay = self._plan.value("weight_decay") if decays else 0.0
        return {"lr": rate * self._factor(), "initial_lr": rate, "weight_decay": decay}

    def _keep(self, held: Sequence[Tensor]) -> None:
        """What the program's optimizer holds, and nothing else."""
        known = {id(p) for p in held}
        for group in self.optimizer.param_groups:
            group["params"] = [p for p in group["params"] if id(p) in known]
        grouped = {id(p) for group in self.optimizer.param_groups for p in group["params"]}
        self.hold([p for p in held if id(p) not in grouped])

    def step(self, take: Callable[[Optimizer], None], *, is_last: bool) -> None:
        """Clip, step, and move the rates along.

        Args:
            take: lets an optimizer step.
            is_last: from here on the weights are held still and scored: the averaged ones, where the recipe has these.
        """
        most = self._plan.value("clip")
        if most:
            self.clips = True
            own = {id(p) for p in self._model.parameters()}
            beside = [p for p in self._loose if id(p) not in own]
            torch.nn.utils.clip_grad_norm_([*self._model.parameters(), *beside], most)
            self.clips = False
        take(self.optimizer)
        self._steps += 1
        for group in self.optimizer.param_groups:
            group["lr"] = group["initial_lr"] * self._factor()
        if self._average is not None:
            self._average.update()
            if is_last:
                self._average.put_in()
                self._averaged = True

    def _factor(self) -> float:
        """What rates are multiplied by now."""
        scheduler = self._scheduler
        return scheduler.curve.factor(self._steps) if isinstance(scheduler, ScheduleLR) else 1.0

    def augmented(self, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        """The arguments of a training call with other images; None where they stay."""
        images = args[0] if args else None
        if self._augment is None or not isinstance(images, Tensor) or not self._takes(images):
            return None
        self._augmented = True
        return (self._augment(images), *args[1:])

    def _takes(self, images: Tensor) -> bool:
        if images.dim() != IMAGES or not images.is_floating_point():
            return False
        return self._moves_alone or bool(((images >= 0) & (images <= 1)).all())

    def told(self) -> RecipeApplied:
        """What was applied, and what was not."""
        shown = [choice for name, choice in self._plan.choices.items() if name not in HIDDEN]
        values = tuple((choice.name, text_of(choice)) for choice in shown)
        missing, besides = tuple(self._missing()), tuple(self._besides())
        return RecipeApplied(self._plan.title, self._plan.setting.steps, values, missing, besides)

    def _besides(self) -> Iterator[str]:
        places = self._dropout.places if self._dropout else ()
        if any(place.before != self._plan.value("dropout") for place in places):
            yield f"{self._named('dropout')} (wellfit.set_dropout)"
        if self._augmented:
            yield f"{self._named('augmentation')} (plan.augment)"
        if self._averaged:
            yield f"{self._named('ema')} (torch.optim.swa_utils.AveragedModel)"

    def _missing(self) -> Iterator[str]:
        for name, reason in OUT_OF_REACH.items():
            if self._plan.value(name):
                yield f"{self._named(name)}: {reason}"
        if self._plan.value("dropout") and self._dropout is None:
            yield f"{self._named('dropout')}: no module of the model drops"
        for note in self._dropout.notes if self._dropout else ():
            yield f"dropout: {note}"
        if self._augment is not None and not self._augmented:
            yield f"{self._named('augmentation')}: the model is not called with a batch of float images in [0, 1]"
        if self._average is not None and not self._averaged:
            yield f"{self._named('ema')}: another optimizer takes the last step"
        if self.smoothing and not self.smoothed:
            yield f"{self._named('label_smoothing')}: no loss is computed by cross_entropy"

    def _named(self, name: str) -> str:
        return f"{name} {text_of(self._plan[name])}"
