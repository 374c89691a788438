"""Turns what the seams see into moments: the watch with its ears."""

import sys
import threading
import weakref
from types import CodeType, FrameType
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.moments import (
    Backward,
    Forward,
    LoaderStarted,
    LossCall,
    ModeSet,
    ModuleCall,
    SchedulerMade,
    SchedulerStepped,
    Step,
    Zeroed,
)
from wellfit.observe.places import is_user_code, place_of, user_place
from wellfit.observe.probe import Probe
from wellfit.observe.recorder import Recorder
from wellfit.observe.watch import Watch

MOST_LOADS = 64
"""Modules whose weights were loaded that are remembered."""

MOST_LOADERS = 256
"""DataLoaders whose line of construction is kept."""


class Hearing(Watch):
    """Hears the seams of one process and hands on what the probes want to know of it."""

    def __init__(self, recorder: Recorder, probes: tuple[type[Probe], ...], *, budget: int | None = None) -> None:
        super().__init__(recorder, probes, budget=budget)
        self._thread: int | None = None
        self._in_backward = False
        self._root_grad = False
        self._loaders_made: dict[int, tuple[weakref.ref[Any], Place | None]] = {}
        self._backwards_since_step = 0
        self._backwards_by_optimizer: dict[int, int] = {}
        self._forwards_since_backward = 0
        self._last_mode_call: tuple[int, CodeType | None, int] = (0, None, 0)

    def saw_module_call(self, frame: FrameType) -> None:
        """From the hook table in `Module._call_impl`."""
        if self._busy or self._is_foreign_thread() or adapter.is_tracing():
            return
        if frame.f_code is not _CALL_IMPL:  # a module with hooks of its own asks from an inner function
            if frame.f_back is None or frame.f_back.f_code is not _CALL_IMPL:
                return
            frame = frame.f_back
        nested = _inside_another(frame.f_back)
        if nested and not (self._wants("module_call") and (self._root_grad or torch.is_grad_enabled())):
            return
        self._busy = True
        try:
            self._meet_module(frame, nested=nested)
        finally:
            self._busy = False

    def _meet_module(self, frame: FrameType, *, nested: bool) -> None:
        values = frame.f_locals
        module: torch.nn.Module = values["self"]
        args, kwargs = values["args"], values["kwargs"]
        grad = torch.is_grad_enabled()
        if nested:
            self._tell("module_call" if grad else "cut_call", ModuleCall(module, None, args, kwargs, frame))
            return
        self._root_grad = grad
        root = self.roots.find(module)
        if self.clock.sampled:
            root.refresh(module)
            if not self.compiled and adapter.is_compiled(module):
                self.saw_compile()
        if root.has_parameters:
            self._count_forward(grad=grad)
        if self._wants("forward"):
            self._tell("forward", Forward(root, module, args, kwargs, bool(module.training), grad, frame))
        if grad and self._wants("module_call"):
            self._tell("module_call", ModuleCall(module, root, args, kwargs, frame))

    def _count_forward(self, *, grad: bool) -> None:
        if grad:
            self._forwards_since_backward += 1
            self.totals.training_forwards += 1
            self._in_backward = False
        else:
            self.lines.remove()  # evaluation's fast paths look at torch's mode stack
            self.totals.evaluation_forwards += 1

    def saw_loss_call(self, function: str, frame: FrameType) -> None:
        """From `torch._C._nn`: a loss function of torch.nn.functional is about to run its kernel."""
        if self._busy or torch.compiler.is_compiling() or self._is_foreign_thread():
            return
        if not self._wants("loss_call"):
            return
        values = frame.f_locals
        given, target = values.get("input"), values.get("target")
        if not isinstance(given, Tensor) or not isinstance(target, Tensor):
            return
        options = {k: v for k, v in values.items() if k not in ("input", "target")}
        grad = torch.is_grad_enabled() and given.requires_grad
        self._tell_guarded("loss_call", LossCall(function, given, target, options, user_place(frame), grad))

    def saw_backward(self, frame: FrameType) -> None:
        """From the autograd engine: a backward pass, or `torch.autograd.grad`, is about to run."""
        if self._busy or torch.compiler.is_compiling():
            return
        values = frame.f_locals
        roots, options = values.get("t_outputs"), values.get("kwargs")
        if not roots or not options or not options.get("accumulate_grad") or not isinstance(roots[0], Tensor):
            return
        if self._in_backward and _inside_backward(frame.f_back):
            return
        self._thread = threading.get_ident()
        self._busy = True
        try:
            self.lines.shut()
            self._meet_backward(roots[0], frame.f_back)
        finally:
            self._busy = False

    def _meet_backward(self, loss: Tensor, frame: FrameType | None) -> None:
        first = self._backwards_since_step == 0
        self._backwards_since_step += 1
        since = self._backwards_by_optimizer
        for key in since:
            since[key] += 1
        self._forwards_since_backward = 0
        self.totals.backwards += 1
        self._in_backward = True
        value = self._note_loss(loss)
        if self._wants("backward"):
            self._tell("backward", Backward(loss, value, first, frame))

    def _note_loss(self, loss: Tensor) -> float | None:
        if not self.may_compute():
            return self.losses.unread(self.clock.step).value
        at_once = self.clock.sampled or loss.device.type == "cpu"
        return self.losses.note(loss, self.clock.step, at_once=at_once).value

    def saw_step_start(self, optimizer: Optimizer, *given: Any) -> None:
        """From torch's own global hook before `Optimizer.step`; a closure has its forward pass still before it."""
        if torch.compiler.is_compiling():
            return
        self._thread = threading.get_ident()
        if self.lines.depth and not _has_closure(*given):
            self.lines.remove()
        if self._wants("step_start"):
            self._tell_guarded("step_start", self._step(optimizer))

    def saw_step_end(self, optimizer: Optimizer, *_: object) -> None:
        """From torch's own global hook after `Optimizer.step`."""
        if torch.compiler.is_compiling():
            return
        if self.lines.depth:
            self.lines.remove()
        if self._wants("step_end"):
            self._tell_guarded("step_end", self._step(optimizer))
        key = id(optimizer)
        index, number = self._optimizers.get(key) or (len(self._optimizers), 0)
        self._optimizers[key] = (index, number + 1)
        self._backwards_since_step = 0
        self._backwards_by_optimizer[key] = 0
        if self.clock.count(index):
            self._end_iteration()
        self._count()
        if self.budget is not None and self.clock.step >= self.budget:
            self._spend_budget()

    def _step(self, optimizer: Optimizer) -> Step:
        index = self.optimizer_index(optimizer)
        number = self._optimizers[id(optimizer)][1]
        since = self._backwards_by_optimizer.get(id(optimizer), self.totals.backwards)
        place = None
        if self.clock.sampled:
            place = user_place(_caller())
        return Step(optimizer, index, number, place, since, self._forwards_since_backward)

    def _end_iteration(self) -> None:
        self._tell_guarded("iteration_end")
        self.clock.begin_iteration()
        self.sort_depth()
        if self._wants_lines and not self.compiled and self.lines.start():
            self._wants_lines = False
        elif self._wants_lines:
            self._wants_lines = False
            self.step_aside("lines of operations", "a mode of the program's own is active")

    def _spend_budget(self) -> None:
        from wellfit.script.budget import stop

        again, self._budget_spent = self._budget_spent, True
        if not again:
            self.end("budget")
        stop(again)

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

    def _set_mode(self, module: Any, name: str, frame: FrameType) -> None:
        site = (id(module), frame.f_code, frame.f_lasti)
        last = self._last_mode_call
        if site[0] == last[0] and site[1] is last[1] and site[2] == last[2]:
            return  # the same call once more, as `train()` at each step
        self._last_mode_call = site
        if not self._busy and self._wants("mode_set"):
            self._tell_guarded("mode_set", ModeSet(module, name, user_place(frame)))

    def saw_loader(self, loader: Any, frame: FrameType) -> None:
        """`__iter__` is being looked up on a DataLoader."""
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
        if not self._busy and self._wants("scheduler"):
            self._tell_guarded("scheduler", SchedulerMade(scheduler, user_place(frame)))

    def saw_scheduler_step(self, scheduler: Any, _: FrameType) -> None:
        """`step` is being looked up on a scheduler."""
        if not self._busy and self._wants("scheduler_step"):
            self._tell_guarded("scheduler_step", SchedulerStepped(scheduler))

    def saw_activation_made(self, module: Module, frame: FrameType) -> None:
        """A softmax, log-softmax or sigmoid module is being constructed."""
        self.made.note(module, frame)

    def _is_foreign_thread(self) -> bool:
        return self._thread is not None and self._thread != threading.get_ident()


_CALL_IMPL = adapter.call_impl_code()
_ENGINE = adapter.engine_code()
_GRAD, _BACKWARD = torch.autograd.grad.__code__, torch.Tensor.backward.__code__


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


def _has_closure(args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> bool:
    """Whether an optimizer's step was handed a function, which it calls for the loss."""
    return any(callable(value) for value in (*args[1:], *(kwargs or {}).values()))
