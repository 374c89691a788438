"""Turns what the seams see into moments: the watch with its ears."""

import sys
import weakref
from threading import get_ident
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.model.cure import Trial
from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.clock import GLANCE_STRIDE, next_curve_point
from wellfit.observe.moments import (
    Backward,
    Forward,
    LoaderStarted,
    LossCall,
    ModeSet,
    ModuleCall,
    PlateauStepped,
    SchedulerMade,
    SchedulerStepped,
    Step,
    Zeroed,
)
from wellfit.observe.optimizers import Held, has_closure, rate_is_zero
from wellfit.observe.places import is_user_code, place_of, user_place
from wellfit.observe.probe import Probe
from wellfit.observe.recorder import Recorder
from wellfit.observe.roots import Root
from wellfit.observe.watch import Watch

MOST_LOADS = 64
"""Modules whose weights were loaded that are remembered."""

MOST_LOADERS = 256
"""DataLoaders whose line of construction is kept."""


class Hearing(Watch):
    """Hears the seams of one process and hands on what the probes want to know of it.

    Most iterations are not sampled, and most of what happens in them is one more training call, backward pass and step
    like the ones before. That way is kept short, with checks written out where a function would be nicer: each call of
    ours costs every step of the user's.
    """

    def __init__(
        self,
        recorder: Recorder,
        probes: tuple[type[Probe], ...],
        *,
        budget: int | None = None,
        trial: Trial | None = None,
    ) -> None:
        super().__init__(recorder, probes, budget=budget, trial=trial)
        self._thread: int | None = None
        self._in_backward = False
        self._root_grad = False
        self._loaders_made: dict[int, tuple[weakref.ref[Any], Place | None]] = {}
        self._backwards_since_step = 0
        self._forwards_since_backward = 0
        self._changes = 0
        self._next_curve_point = 0
        self._last_mode_call: tuple[int, CodeType | None, int] = (0, None, 0)

    # --- calls of modules ---

    def saw_module_call(self, frame: FrameType) -> None:
        """From the hook table in `Module._call_impl`."""
        if torch.compiler.is_compiling() or self._busy:  # in this order: Dynamo reads this too, and stops here
            return
        if (self._thread is not None and self._thread != get_ident()) or adapter.tracing_state() is not None:
            return
        if frame.f_code is not _CALL_IMPL:
            asked = _asked_by_inner(frame)
            if asked is None:
                return
            frame = asked
        grad = torch.is_grad_enabled()
        if _inside_another(frame.f_back):
            if (grad or self._root_grad) and self._wants("module_call"):
                values = frame.f_locals
                call = ModuleCall(values["self"], None, values["args"], values["kwargs"], frame)
                self._tell_guarded("module_call" if grad else "cut_call", call)
            return
        wrapper = frame.f_back  # it has the fewer locals, and making a dictionary of them takes its time
        values = (wrapper if wrapper is not None and wrapper.f_code is _WRAPPED_CALL else frame).f_locals
        module, args, kwargs = values["self"], values["args"], values["kwargs"]
        self._root_grad = grad
        root = self.roots.find(module)
        if self.clock.sampled or not grad or not module.training or root.settled != self._changes:
            self._tell_of_root(Forward(root, module, args, kwargs, bool(module.training), grad, frame))
            return
        if root.has_parameters:
            self._count_training(root, args, kwargs)
        hearing = self._always["plain_forward"] if self.clock.iteration % GLANCE_STRIDE else self._glancing
        if hearing:
            self._busy = True
            try:
                self._hand_out(hearing, Forward(root, module, args, kwargs, training=True, grad=True, frame=frame))
            finally:
                self._busy = False

    def _tell_of_root(self, forward: Forward) -> None:
        self._busy = True
        try:
            root, module = forward.root, forward.module
            if self.clock.sampled:
                root.refresh(module)
                if not self.compiled and adapter.is_compiled(module):
                    self.saw_compile()
            root.settled = self._changes if forward.grad and forward.training else -1
            if root.has_parameters:
                self._count_forward(forward)
            self._tell("forward", forward)
            if forward.grad and self._wants("module_call"):
                self._tell("module_call", ModuleCall(module, root, forward.args, forward.kwargs, forward.frame))
        finally:
            self._busy = False

    def _count_forward(self, forward: Forward) -> None:
        if forward.grad:
            self._count_training(forward.root, forward.args, forward.kwargs)
        else:
            self.lines.remove()  # evaluation's fast paths look at torch's mode stack
            self.totals.evaluation_forwards += 1

    def _count_training(self, root: Root, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self._forwards_since_backward += 1
        self._in_backward = False
        totals = self.totals
        root.calls.note(totals.training_forwards, totals.backwards, args, kwargs)
        totals.training_forwards += 1

    # --- losses and backward passes ---

    def saw_loss_call(self, function: str, frame: FrameType) -> None:
        """From `torch._C._nn`: a loss function of torch.nn.functional is about to run its kernel."""
        if torch.compiler.is_compiling() or (self._thread is not None and self._thread != get_ident()):
            return
        if self.overheard is None if self._busy else not self._wants("loss_call"):
            return
        values = frame.f_locals
        given, target = values.get("input"), values.get("target")
        if not isinstance(given, Tensor) or not isinstance(target, Tensor):
            return
        options = {k: v for k, v in values.items() if k not in ("input", "target")}
        if self._busy:
            if self.overheard is not None:
                self.overheard.append((function, given, target, options))
            return
        grad = torch.is_grad_enabled() and given.requires_grad
        self._tell_guarded("loss_call", LossCall(function, given, target, options, user_place(frame), grad))

    def saw_backward(self, _: object, frame: FrameType) -> None:
        """From the autograd engine: a backward pass, or `torch.autograd.grad`, is about to run."""
        if self._busy:
            return
        values = frame.f_locals
        roots, options = values.get("t_outputs"), values.get("kwargs")
        if not roots or not options or not options.get("accumulate_grad") or not isinstance(roots[0], Tensor):
            return
        if self._in_backward and _inside_backward(frame.f_back):
            return
        self._thread = get_ident()
        self._in_backward = True
        self._forwards_since_backward = 0
        self.totals.backwards += 1
        loss, clock, losses = roots[0], self.clock, self.losses
        self._busy = True
        try:
            if self.lines.depth:
                self.lines.shut()
            value = None
            if self.may_compute():
                value = losses.note(loss, clock.step, at_once=clock.sampled or loss.is_cpu)
            else:
                losses.unread(clock.step)
            if clock.sampled or self._always["backward"] or losses.first_nonfinite is not None:
                backward = Backward(loss, value, self._backwards_since_step == 0, frame.f_back)
                self._tell("backward", backward)
                if losses.first_nonfinite is not None:
                    self._tell("bad_loss", backward)
        finally:
            self._busy = False
            self._backwards_since_step += 1

    # --- steps ---

    def saw_step_start(self, optimizer: Optimizer, *given: Any) -> None:
        """From torch's own global hook before `Optimizer.step`; a closure has its forward pass still before it."""
        if torch.compiler.is_compiling():
            return
        self._thread = get_ident()
        if self.lines.depth and not has_closure(*given):
            self.lines.remove()
        if self._wants("step_start"):
            self._tell_guarded("step_start", self._step(optimizer, self.optimizers.find(optimizer)))

    def saw_step_end(self, optimizer: Optimizer, *_: object) -> None:
        """From torch's own global hook after `Optimizer.step`."""
        if torch.compiler.is_compiling():
            return
        if self.lines.depth:
            self.lines.remove()
        clock = self.clock
        held = self.optimizers.find(optimizer)
        if clock.sampled or not held.steps or clock.step >= self._next_curve_point or self._always["step_end"]:
            self._tell_of_step(self._step(optimizer, held), held)
        else:
            if rate_is_zero(optimizer):
                self._tell_guarded("zero_rate", self._step(optimizer, held))
            held.steps += 1
        held.backwards = self.totals.backwards
        self._backwards_since_step = 0
        if clock.count(held.index):
            self._end_iteration()
        if clock.step >= self._next_count:
            self._count()
        if self.budget is not None and clock.step >= self.budget:
            self._spend_budget()

    def _tell_of_step(self, step: Step, held: Held) -> None:
        held.steps += 1
        if not step.number:
            self.optimizers.stepped += 1
            self._tell_guarded("first_step", step)
        if rate_is_zero(step.optimizer):
            self._tell_guarded("zero_rate", step)
        self._tell_guarded("step_end", step)
        if self.clock.step >= self._next_curve_point:
            self._next_curve_point = next_curve_point(self.clock.step)
            self._tell_guarded("curve_point", step)

    def _step(self, optimizer: Optimizer, held: Held) -> Step:
        place = None
        if self.clock.sampled:
            place = user_place(_caller())
        since = self.totals.backwards - held.backwards
        return Step(optimizer, held.index, held.steps, place, since, self._forwards_since_backward)

    def _end_iteration(self) -> None:
        clock = self.clock
        was_sampled = clock.sampled
        if was_sampled or self._always["iteration_end"]:
            self._tell_guarded("iteration_end")
        clock.begin_iteration()
        if was_sampled is not clock.sampled:
            self.sort_attention()
        if not self._wants_lines:
            return
        self._wants_lines = False
        if not self.compiled and not self.lines.start():
            self.step_aside("lines of operations", "a mode of the program's own is active")

    def _spend_budget(self) -> None:
        from wellfit.script.budget import stop

        again, self._budget_spent = self._budget_spent, True
        if not again:
            self.end("budget")
        stop(again or self.trial is not None)  # nobody waits for what a trial would tidy up, a second of its own

    # --- what is made, set and started ---

    def saw_optimizer_made(self, optimizer: Optimizer, frame: FrameType) -> None:
        """A parameter group is being added, for the first time by the constructor."""
        if self.optimizers.made(optimizer, user_place(frame)):
            self.clock.forget_optimizers()

    def saw_saved_hooks(self, *_: object) -> None:
        """Hooks on saved tensors, as of checkpointing: from now on nobody reads what nodes keep."""
        self.saved_hooks_used = True

    def saw_load(self, module: torch.nn.Module, _: FrameType) -> None:
        """Weights are being read from somewhere, before training: they have been trained elsewhere."""
        if not self.clock.step and len(self.roots.loaded) < MOST_LOADS:
            self.roots.loaded.append(weakref.ref(module))

    def saw_zero_grad(self, owner: Any, frame: FrameType) -> None:
        """`zero_grad` is being looked up on an optimizer or a module."""
        if not self._busy and self._wants("zeroed") and not torch.compiler.is_compiling():
            self._tell_guarded("zeroed", Zeroed(owner, user_place(frame)))

    def saw_train(self, module: Any, frame: FrameType) -> None:
        """`train` is being looked up on a module."""
        self._set_mode(module, "train", frame)

    def saw_eval(self, module: Any, frame: FrameType) -> None:
        """`eval` is being looked up on a module."""
        self._set_mode(module, "eval", frame)

    def saw_evaluation(self, module: Any, _: FrameType) -> None:
        """`eval` is being looked up on a module, where nobody hears of `train` in between: each time counts."""
        if not self._busy and self._wants("mode_set"):
            self._tell_guarded("mode_set", ModeSet(module, "eval", None))

    def _set_mode(self, module: Any, name: str, frame: FrameType) -> None:
        site = (id(module), frame.f_code, frame.f_lasti)
        last = self._last_mode_call
        if site[0] == last[0] and site[1] is last[1] and site[2] == last[2]:
            return  # the same call once more, as `train()` at each step
        self._last_mode_call = site
        self._changes += 1
        if not self._busy and self._wants("mode_set"):
            self._tell_guarded("mode_set", ModeSet(module, name, user_place(frame)))

    def saw_loader(self, loader: Any, frame: FrameType) -> None:
        """`__iter__` is being looked up on a DataLoader."""
        self._changes += 1
        if not self._busy and self._wants("loader"):
            made, made_at = self._loaders_made.get(id(loader), (None, None))
            known = made is not None and made() is loader
            self._tell_guarded("loader", LoaderStarted(loader, user_place(frame), made_at if known else None))

    def saw_loader_made(self, loader: Any, frame: FrameType) -> None:
        """A DataLoader is being constructed; its line is the user's only where no library stands between."""
        if is_user_code(frame.f_code) and len(self._loaders_made) < MOST_LOADERS:
            self._loaders_made[id(loader)] = (weakref.ref(loader), place_of(frame))

    def saw_scheduler(self, scheduler: Any, frame: FrameType) -> None:
        """A scheduler runs its initial step, at the end of its construction."""
        self._made("scheduler", scheduler, frame)

    def saw_schedulers_joined(self, scheduler: Any, frame: FrameType) -> None:
        """The constructor of a sequence or a chain of schedulers is being looked up."""
        self._made("schedulers_joined", scheduler, frame)

    def saw_plateau_made(self, scheduler: Any, frame: FrameType) -> None:
        """A scheduler that follows a metric resets itself, at the end of its construction."""
        self._made("plateau_made", scheduler, frame)

    def _made(self, moment: str, scheduler: Any, frame: FrameType) -> None:
        if not self._busy and self._wants(moment):
            self._tell_guarded(moment, SchedulerMade(scheduler, user_place(frame)))

    def saw_scheduler_step(self, scheduler: Any, frame: FrameType) -> None:
        """`step` is being looked up on a scheduler."""
        if not self._busy and self._wants("scheduler_step"):
            self._tell_guarded("scheduler_step", SchedulerStepped(scheduler, frame))

    def saw_plateau_step(self, scheduler: Any, frame: FrameType) -> None:
        """Within its `step` a scheduler compares the metric's value with the best one so far."""
        value = frame.f_locals.get("current") if not self._busy and self._wants("plateau_step") else None
        if isinstance(value, float):
            self._tell_guarded("plateau_step", PlateauStepped(scheduler, value, user_place(frame)))

    def saw_activation_made(self, module: Module, frame: FrameType) -> None:
        """A softmax, log-softmax or sigmoid module is being constructed."""
        self.made.note(module, frame)


_CALL_IMPL, _WRAPPED_CALL = adapter.call_impl_code(), adapter.wrapped_call_code()
_ENGINE = adapter.engine_code()
_GRAD, _BACKWARD = torch.autograd.grad.__code__, torch.Tensor.backward.__code__


def _asked_by_inner(frame: FrameType) -> FrameType | None:
    """With hooks about, an inner function of `_call_impl` asks too; its caller, where it is the first to ask."""
    outer = frame.f_back
    if outer is None or outer.f_code is not _CALL_IMPL or not adapter.has_hooks_besides(outer.f_locals["self"]):
        return None
    return outer


def _inside_another(frame: FrameType | None) -> bool:
    """Whether another module's forward, or a backward pass, is running below this frame."""
    while frame is not None:
        code = frame.f_code
        if code is _CALL_IMPL or code is _ENGINE or code is _GRAD or code is _BACKWARD:
            return True
        frame = frame.f_back
    return False


def _inside_backward(frame: FrameType | None) -> bool:
    """Whether a backward pass is running below this frame, as under reentrant checkpointing."""
    while frame is not None:
        if frame.f_code is _ENGINE:
            return True
        frame = frame.f_back
    return False


def _caller() -> FrameType | None:
    return sys._getframe(3)
