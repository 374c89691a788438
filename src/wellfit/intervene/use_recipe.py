"""Train by the recipe of the model's family in place of the program's own set-up."""

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn import functional as F
from torch.optim import LBFGS, Optimizer

from wellfit.intervene.applied_recipe import AppliedRecipe
from wellfit.intervene.calls import before_calls, is_outermost
from wellfit.intervene.inner_steps import InnerSteps
from wellfit.intervene.intervention import Intervention, wrap
from wellfit.intervene.smooth_labels import SMOOTHING
from wellfit.model.events.recipe import RecipeApplied
from wellfit.recipes.detect import detect
from wellfit.recipes.plan import judge_weights, plan_for
from wellfit.recipes.pretrained import Trained
from wellfit.recipes.setting import Setting

CLIPPINGS = ("clip_grad_norm_", "clip_grad_value_", "clip_grads_with_norm_")
"""Functions of torch whose second argument bounds gradients."""

BOUNDS = ("max_norm", "clip_value")
"""Names of that argument."""


class UseRecipe(Intervention):
    """When the optimizer that a line makes steps, that of the recipe steps in its place, with its own schedule.

    The recipe is made for a run of `steps` in `epochs`, of `samples` in batches of `batch_size`; `family`, `optimizer`
    and `pretrained` go before what is detected. It trains the same parameters, in groups of its own. Its clipping,
    dropout and label smoothing take the place of the program's, training images are augmented, and where it averages
    weights, the average is scored. The program keeps its objects: what it sets or schedules on its optimizer has no
    effect. `parameters` is the size of the model that the recipe is for, by which it is known; without it, the first
    that is called is taken. Without a line, the optimizer that holds most is meant.
    """

    name = "use_recipe"
    options = frozenset({
        "steps", "epochs", "samples", "batch_size", "family", "optimizer", "pretrained", "parameters",
    })  # fmt: skip

    def install(self) -> None:
        """Follow the optimizers and the modules; stand before steps, losses and clipping."""
        self._applied: AppliedRecipe | None = None
        self._making = False
        self._optimizers: list[Optimizer] = []
        self._called: dict[int, tuple[Module, Trained]] = {}
        self._steps = InnerSteps(self._around_step)
        self._steps.install()
        wrap((Optimizer,), "add_param_group", self._around_making)
        wrap((F,), "cross_entropy", self._around_loss)
        for name in CLIPPINGS:
            wrap((torch.nn.utils, torch.nn.utils.clip_grad), name, self._around_clipping)
        before_calls(self._before_call)

    def scores(self) -> Iterator[RecipeApplied]:
        """What was applied."""
        if self._applied is not None:
            yield self._applied.told()

    # --- which optimizer, which model ---

    def _around_making(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def add_param_group(optimizer: Optimizer, group: dict[str, Any]) -> None:
            original(optimizer, group)
            if self._making:
                return
            if self._applied is not None and optimizer is self._main():
                self._making = True
                self._applied.hold(optimizer.param_groups[-1]["params"])
                self._making = False
            elif self.sites.is_here(self.cure.place):
                self._note(optimizer)

        return add_param_group

    def _note(self, optimizer: Optimizer) -> None:
        """One more optimizer of the line; after the first has stepped, the line trains another model."""
        if all(known is not optimizer for known in self._optimizers):
            if self._applied is not None:
                self._applied = None
                self._optimizers, self._called = [], {}
            self._optimizers.append(optimizer)

    def _main(self) -> Optimizer | None:
        if len(self._optimizers) < 2:  # noqa: PLR2004 - nothing to choose from
            return next(iter(self._optimizers), None)
        return max(self._optimizers, key=lambda optimizer: sum(p.numel() for p in _parameters(optimizer)))

    def _before_call(self, module: Module, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if torch.compiler.is_compiling() or not torch.is_grad_enabled() or not is_outermost(beside=True):
            return None
        if self._applied is None and self.refusal is None:
            self._meet(module)
        applied = self._applied
        if applied is None or applied.module is not module or not module.training or self.phases.holds:
            return None
        return applied.augmented(args)

    def _meet(self, module: Module) -> None:
        """A module is called: is it the model?"""
        main = self._main()
        held = {id(p) for p in _parameters(main)} if main is not None else set()
        if not any(id(p) in held for p in module.parameters()):
            return
        if id(module) not in self._called and not self._refuses(main):
            self._called[id(module)] = module, judge_weights(module, self.cure.options.get("pretrained"))
            if self.cure.options.get("parameters") in (None, _numbers(module)):
                self._begin()

    def _refuses(self, main: Optimizer | None) -> bool:
        if isinstance(main, LBFGS):
            self.refuse("LBFGS computes its gradients within the step, several times, and no recipe does")
        elif getattr(main, "grad_scale", None) is not None:
            self._applied = None
            self.refuse("the optimizer takes the scale of mixed precision away itself, within the step")
        return self.refusal is not None

    def _begin(self) -> None:
        """From here on the recipe trains the largest model that was called."""
        main = self._main()
        if main is None or not self._called or self.refusal is not None:
            return
        module, trained = max(self._called.values(), key=lambda pair: _numbers(pair[0]))
        options = self.cure.options
        setting = Setting(options["steps"], options["epochs"], options.get("batch_size"), options.get("samples"))
        wishes = {name: options.get(name) for name in ("family", "optimizer")}
        self._making = True
        try:
            plan = plan_for(detect(module), trained, setting, **wishes)
            self._applied = AppliedRecipe(plan, module, list(_parameters(main)))
        except ValueError as wrong:
            self.refuse(str(wrong))
        finally:
            self._making = False

    # --- what the program calls ---

    def _around_step(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def step(optimizer: Optimizer, *args: Any, **kwargs: Any) -> Any:
            if optimizer is not self._main() or self._refuses(optimizer):
                return original(optimizer, *args, **kwargs)
            closure = next((value for value in (*args, *kwargs.values()) if callable(value)), None)
            loss = None
            if closure is not None:
                with torch.enable_grad():
                    loss = closure()
            self._take()
            if self._applied is None:  # refused only now: what the closure has computed stays
                return original(optimizer) if closure is None else original(optimizer, lambda: loss)
            return loss

        return step

    def _take(self) -> None:
        if self._applied is None:
            self._begin()
        if self._applied is not None and not self.phases.holds:
            self._applied.step(self._steps.take, is_last=self.phases.is_last)
            self.applied()

    def _around_loss(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def cross_entropy(given: Any, target: Any, *args: Any, **kwargs: Any) -> Any:
            applied = self._applied
            if applied is not None and applied.smoothing is not None and not self.phases.holds:
                trains = isinstance(given, Tensor) and given.requires_grad and not torch.compiler.is_compiling()
                if trains and len(args) < SMOOTHING:
                    kwargs["label_smoothing"] = applied.smoothing
                    applied.smoothed = True
            return original(given, target, *args, **kwargs)

        return cross_entropy

    def _around_clipping(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def clip(parameters: Any, *args: Any, **kwargs: Any) -> Any:
            if self._applied is None or self._applied.clips:
                return original(parameters, *args, **kwargs)
            kwargs |= dict.fromkeys(set(BOUNDS) & kwargs.keys(), math.inf)  # norms are still computed
            return original(parameters, *((math.inf, *args[1:]) if args else ()), **kwargs)

        return clip


def _parameters(optimizer: Optimizer) -> Iterator[Tensor]:
    return (p for group in optimizer.param_groups for p in group["params"])


def _numbers(module: Module) -> int:
    return sum(p.numel() for p in module.parameters())
