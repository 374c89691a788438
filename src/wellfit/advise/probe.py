"""Gathers how each optimizer trains which model, and at the end writes the recipe beside the largest."""

import sys
from types import FrameType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.advise.loops import loops_around
from wellfit.advise.seen import Aside, Course, Data, Loss, Scheduler, Training, plain_length
from wellfit.advise.settings import read_setup
from wellfit.advise.trainers import trainer_steps
from wellfit.advise.write import write
from wellfit.model.events.recipe import RecipeCompared
from wellfit.model.wishes import Wishes
from wellfit.observe.moments import Forward, LoaderStarted, LossCall, SchedulerMade, SchedulerStepped, Step
from wellfit.observe.places import user_frame
from wellfit.observe.probe import Probe
from wellfit.recipes.detect import detect
from wellfit.recipes.plan import judge_weights
from wellfit.recipes.pretrained import Trained
from wellfit.schedules.declared import declared

if TYPE_CHECKING:
    from wellfit.observe.roots import Root
    from wellfit.observe.watch import Watch

TOTALS = ("total_steps", "T_max", "num_training_steps")
"""Arguments of schedulers of torch and transformers that count a whole run."""

MOST_FRAMES = 6
"""Functions of the user's around the step whose names are read."""


class AdviceProbe(Probe):
    """Writes `RecipeCompared` when the process ends.

    The largest model so far is held until then: these runs are a few steps long.

    Args:
        watch: what it listens to.
        wishes: what goes before what is seen.
    """

    emits = (RecipeCompared,)
    always = frozenset({"step_start", "step_end", "forward", "loader", "scheduler", "scheduler_step", "loss_call"})

    def __init__(self, watch: "Watch", wishes: Wishes) -> None:
        super().__init__(watch)
        self._wishes = wishes
        self._main: Training | None = None
        self._aside: dict[int, Aside] = {}
        self._schedulers: dict[int, Scheduler] = {}
        self._of_scheduler: dict[int, Scheduler] = {}
        self._loaders: dict[int, Data] = {}
        self._loader: Data | None = None
        self._data: Data | None = None
        self._rows: dict[int, int] = {}
        self._weights: dict[int, Trained] = {}
        self._loss: Loss | None = None

    def on_forward(self, forward: Forward) -> None:
        """What the weights look like before they first are used, and how many rows go in."""
        if forward.grad and forward.root.has_parameters:
            if forward.root.index not in self._weights and self.watch.may_compute():
                self._weights[forward.root.index] = judge_weights(forward.module, self._wishes.pretrained)
            given = (*forward.args, *forward.kwargs.values())
            rows = next((v.shape[0] for v in given if isinstance(v, Tensor) and v.dim()), None)
            if rows is not None:
                self._rows[forward.root.index] = int(rows)

    def on_loader(self, started: LoaderStarted) -> None:
        """A pass over some data begins; a step shows whether it is for training."""
        loader = started.loader
        known = self._loaders.get(id(loader))
        if known is not None:
            known.passes += 1
        self._loader = self._loaders.setdefault(
            id(loader),
            Data(plain_length(loader), plain_length(loader.dataset), getattr(loader, "batch_size", None)),
        )

    def on_scheduler(self, made: SchedulerMade) -> None:
        """The latest one counts: those that it is composed of are made before it."""
        last = getattr(made.scheduler, "last_epoch", -1)
        first = last + 1 if isinstance(last, int) else 0
        scheduler = Scheduler(type(made.scheduler).__name__, _whole_run(made.scheduler), first)
        self._of_scheduler[id(made.scheduler)] = scheduler
        self._schedulers[self.watch.optimizers.find(made.scheduler.optimizer).index] = scheduler

    def on_scheduler_step(self, stepped: SchedulerStepped) -> None:
        """Follow its counter, which has not moved yet; its construction steps it once, to 0."""
        scheduler, last = self._of_scheduler.get(id(stepped.scheduler)), getattr(stepped.scheduler, "last_epoch", None)
        if scheduler is not None and isinstance(last, int):
            scheduler.advances = last + 1 - scheduler.first

    def on_loss_call(self, call: LossCall) -> None:
        """What the loss is computed of; the latest one counts."""
        if call.grad:
            smoothing = call.options.get("label_smoothing")
            smooth = float(smoothing) if isinstance(smoothing, (float, int)) else None
            self._loss = Loss(call.function, tuple(call.input.shape), smooth)

    def on_step_start(self, step: Step) -> None:
        """Look at the model before its first step, and at rate and gradients before each."""
        training = self._training_of(step)
        if training is None:
            return
        rate = step.optimizer.param_groups[0].get("lr")
        if isinstance(rate, (float, int)):
            training.rates.append(float(rate))
        training.backwards.append(step.backwards_since)
        if self.watch.may_compute():
            _note_gradients(training, step.optimizer)

    def on_step_end(self, step: Step) -> None:
        """What feeds it, and the loops around it."""
        training = self._training_of(step)
        self._data = self._data or self._loader  # evaluation iterates others later
        if training is not None and not training.loops:
            frame = user_frame(sys._getframe(1))
            training.loops, training.named = loops_around(frame), _names_around(frame)
            training.told = trainer_steps(sys._getframe(1))

    def end(self) -> None:
        """Write the recipe beside the largest model's training."""
        main = self._main
        if main is None:
            return
        main.scheduler = self._schedulers.get(main.index)
        main.loss = self._loss
        main.alone = not self._aside
        clock, budget = self.watch.clock, self.watch.budget
        course = Course(clock.step, finished=budget is None or clock.step < budget, data=self._data)
        self.watch.emit(write(main, tuple(self._aside.values()), course, self._wishes))

    def _training_of(self, step: Step) -> Training | None:
        """What is known of the main optimizer; with a closure its model is only known after its first step."""
        if self._main is not None and self._main.index == step.index:
            return self._main
        if step.index in self._aside or not self.watch.may_compute():
            return None
        training = self._look(step)
        if training is None:
            return None
        smaller, self._main = sorted((training, self._main or training), key=_size)
        if smaller is not self._main:  # and is held no longer
            self._aside[smaller.index] = Aside(smaller.model, smaller.parameters, smaller.setup.kind)
        return training if training is self._main else None

    def _look(self, step: Step) -> Training | None:
        held = {id(p) for group in step.optimizer.param_groups for p in group["params"]}
        owned = [(root, module) for root, module in self.watch.roots.living() if _owns(root, held)]
        if not owned:
            return None
        root, model = max(owned, key=lambda pair: _numbers(pair[1], held))
        return Training(
            step.index,
            read_setup(step.optimizer),
            self.watch.optimizers.find(step.optimizer).made_at,
            root.kind,
            _count_apart(model, owned),
            detect(model),
            self._weights.get(root.index) or judge_weights(model, self._wishes.pretrained),
            rows=self._rows.get(root.index),
        )


def _whole_run(scheduler: Any) -> int | None:
    """Its calls in the whole run, where what it was told counts these and not only a warmup or a decay."""
    says = declared(scheduler)
    return says.length if any(name in says.argument for name in TOTALS) else None


def _size(training: Training) -> tuple[int, int]:
    """What the main training has most of."""
    return training.parameters, training.setup.numbers


def _owns(root: "Root", held: set[int]) -> bool:
    return not root.is_loss and any(identity in held for identity in root.names)


def _numbers(model: Module, held: set[int]) -> int:
    return sum(p.numel() for p in model.parameters() if id(p) in held)


def _count_apart(model: Module, owned: "list[tuple[Root, Module]]") -> int:
    """Further models that share nothing with this one."""
    own = {id(p) for p in model.parameters()}
    return sum(not any(id(p) in own for p in other.parameters()) for _, other in owned)


@torch.no_grad()
def _note_gradients(training: Training, optimizer: Optimizer) -> None:
    """Their norm and their largest: clipping leaves the same one step after step."""
    grads = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    if not grads or any(g.layout != torch.strided or g.device != grads[0].device for g in grads):
        return
    training.norms.append(float(torch.stack([torch.linalg.vector_norm(g.float()) for g in grads]).norm()))
    training.peaks.append(float(torch.stack([g.float().abs().max() for g in grads if g.numel()]).max()))


def _names_around(frame: FrameType | None) -> frozenset[str]:
    names: set[str] = set()
    for _ in range(MOST_FRAMES):
        if frame is None:
            break
        names |= {*frame.f_code.co_names}
        frame = user_frame(frame.f_back)
    return frozenset(names)
