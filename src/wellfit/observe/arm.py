"""Puts the seams in place, right after torch's own import has run."""

import atexit
import os
import sys
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

import torch
import torch.nn.modules.module as module_room
from torch.autograd.graph import saved_tensors_hooks
from torch.optim import Optimizer, lr_scheduler
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook
from torch.utils.data import DataLoader
from torch.utils.hooks import RemovableHandle

from wellfit.model.events.fit import FitScored
from wellfit.model.events.run import Armed
from wellfit.model.run import Started, WatchSettings
from wellfit.observe import adapter
from wellfit.observe.hearing import Hearing
from wellfit.observe.pace import Pace
from wellfit.observe.probes.catalogue import PROBES, TRIAL_PROBES
from wellfit.observe.recorder import Recorder
from wellfit.observe.seams import MethodSeam, Switch, WatchedHooks, listen_on_method, listen_on_module
from wellfit.runs.secrets import mask_words
from wellfit.version import __version__

SCHEMA = 1


class Arming:
    """Holds the watch that the seams speak to; a forked child gets a fresh one.

    Attributes:
        pace: which steps are heard, where not all of them are.
        modes: shuts what hears a model go into evaluation mode, where the watch is lean.
        at_doubling: is called when 1, 2, 4, 8 ... steps have ended, heard or not; None for nothing.
    """

    def __init__(self, settings: WatchSettings, folder: str) -> None:
        self._settings = settings
        self._folder = folder
        scores = FitScored.__name__ in (settings.wanted or ())  # which takes all training steps to tell rows apart
        self._may_rest = settings.lean and settings.steps is None and not scores
        self.pace = Pace()
        self.watch = self._new_watch()
        self._hooks_before = module_room._global_forward_pre_hooks
        self._engine_before = torch.autograd.Variable._execution_engine
        self.hooks = self._watched_hooks()
        self._engine = self._watched_engine()
        self.zeroing, self.losses, self.modes = Switch(), Switch(), Switch()
        self._step_starts: RemovableHandle | None = None
        self._step_ends: RemovableHandle | None = None
        self._hears = False
        self._at_next_step: Callable[[], None] | None = None
        self.at_doubling: Callable[[], None] | None = None

    def _new_watch(self) -> Hearing:
        rank = _integer("RANK")
        recorder = Recorder(self._settings.log_dir, rank, _armed(rank, self._folder, masked=self._settings.lean))
        wanted = self._settings.wanted
        table = PROBES if self._settings.trial is None else TRIAL_PROBES
        always = not self._settings.lean
        probes = tuple(
            p for p in table if wanted is None or (always and p.essential) or any(e.__name__ in wanted for e in p.emits)
        )
        return Hearing(recorder, probes, budget=self._settings.steps, trial=self._settings.trial)

    def after_fork(self) -> None:
        """A forked process writes a log of its own, if it comes to train."""
        self.watch.lines.shut()  # its mode came along, on the stack of this process
        self.watch = self._new_watch()
        self.pace, self._at_next_step, self.at_doubling = Pace(), None, None
        self.connect()

    def tell(self, name: str) -> Callable[..., None]:
        """A function that hands what a seam saw to the watch; it never raises into the user's program."""

        def tell(*seen: Any) -> None:
            try:
                getattr(self.watch, name)(*seen)
            except Exception as error:  # noqa: BLE001 - the user's run goes on, unwatched
                self.watch.break_down(error)

        def tell_timed(*seen: Any) -> None:
            began = time.perf_counter()
            tell(*seen)
            self.pace.spent_s += time.perf_counter() - began

        return tell_timed if self._may_rest else tell

    def _watched_hooks(self) -> WatchedHooks:
        hooks = WatchedHooks(self._hooks_before)
        hooks.around_forward = adapter.call_impl_code()
        hooks.listener = self.tell("saw_module_call")
        return hooks

    def _watched_engine(self) -> Any:
        """All backward passes ask one engine object for its `run_backward`; an engine of a subclass tells."""
        kind = type(self._engine_before)
        seam = MethodSeam(kind.run_backward, self.tell("saw_backward"))
        return type(kind.__name__, (kind,), {"run_backward": seam, "__module__": kind.__module__})()

    def connect(self) -> None:
        """Let the watch say which moments it wants to hear of."""
        self.watch.attend = self.attend
        self.watch.sort_attention()

    def hear(self, yes: bool) -> None:  # noqa: FBT001 - a switch, and nothing else
        """Put in place what hears each step, or take it out; what hears a mere look-up stays, and is shut.

        Steps are counted all the same.
        """
        if self._step_ends is None:
            self._step_ends = register_optimizer_step_post_hook(self._step_end())
        self._hears = yes
        module_room._global_forward_pre_hooks = self.hooks if yes else self._hooks_before
        torch.autograd.Variable._execution_engine = self._engine if yes else self._engine_before
        if yes:
            self.watch.sort_attention()
        else:
            self.pace.rest()
            self.attend(frozenset())

    def _step_end(self) -> Callable[..., None]:
        """What torch calls after each step; where little is wanted, most steps are counted and not heard."""
        tell = self.tell("saw_step_end")

        def count(optimizer: Optimizer, *_: object) -> None:
            clock = self.watch.clock
            if self._hears:
                tell(optimizer)
                self.pace.pass_by(clock.step - 1)
            else:
                clock.step += 1
            if self._at_next_step is not None:
                call, self._at_next_step = self._at_next_step, None
                self._call_back(call)
            step = clock.step
            if step & (step - 1) == 0 and self.at_doubling is not None:
                self._call_back(self.at_doubling)
            if self._may_rest and self._hears is not (step >= self.pace.next):
                self.hear(not self._hears)

        return count

    def at_next_step(self, call: Callable[[], None]) -> None:
        """Call something when the running step has ended, heard or not; only the latest that was asked for."""
        self._at_next_step = call

    def _call_back(self, call: Callable[[], None]) -> None:
        began = time.perf_counter()
        try:
            call()
        except Exception as error:  # noqa: BLE001 - the user's run goes on, unwatched
            self.watch.break_down(error)
        if not self._hears and self.losses.open:
            self.attend(frozenset())
        self.pace.spent_s += time.perf_counter() - began

    def attend(self, moments: frozenset[str]) -> None:
        """Open the seams behind these moments, and shut the others."""
        self.hooks.deep = "module_call" in moments
        self.zeroing.open = "zeroed" in moments
        self.losses.open = "loss_call" in moments
        if "step_start" in moments:
            self._step_starts = self._step_starts or register_optimizer_step_pre_hook(self.tell("saw_step_start"))
        elif self._step_starts is not None:
            self._step_starts.remove()
            self._step_starts = None

    def at_exit(self) -> None:
        """The interpreter shuts down in an orderly way."""
        error = getattr(sys, "last_type", None)
        self.watch.end("exit" if error is None else "exception", None if error is None else error.__name__)


def arm(settings: WatchSettings, folder: str = "") -> Arming:
    """Install every seam; from here on each step of this process is seen.

    Args:
        settings: how it is watched.
        folder: working folder that the process began in; empty where it is not known.
    """
    arming = Arming(settings, folder)
    _install(arming, lean=settings.lean)
    os.register_at_fork(after_in_child=arming.after_fork)
    atexit.register(arming.at_exit)
    return arming


def _install(arming: Arming, *, lean: bool) -> None:
    losses = {name: _loss_listener(arming, public) for name, public in adapter.LOSS_FUNCTIONS.items()}
    listen_on_module(torch._C._nn, losses, arming.losses)
    reader = _reduced_loss_listener(arming)
    listen_on_module(adapter.reduction_module(), dict.fromkeys(("get_enum", "legacy_get_enum"), reader), arming.losses)
    if lean:  # each look-up through a seam costs the steps that are not heard, too
        listen_on_method(torch.nn.Module, "eval", arming.tell("saw_evaluation"), adapter.mode_codes(), arming.modes)
    else:
        _install_methods(arming)
    arming.connect()
    arming.hear(True)  # noqa: FBT003


def _install_methods(arming: Arming) -> None:
    for owner, method, seen in _method_seams():
        if method in vars(owner):
            switch = arming.zeroing if seen == "saw_zero_grad" else None
            listen_on_method(owner, method, arming.tell(seen), switch=switch)
    for mode in ("train", "eval"):
        listen_on_method(torch.nn.Module, mode, arming.tell(f"saw_{mode}"), adapter.mode_codes())
    for kind in adapter.ACTIVATION_MODULES:
        seam = MethodSeam(vars(kind).get("__init__", torch.nn.Module.__init__), arming.tell("saw_activation_made"))
        setattr(kind, "__init__", seam)  # noqa: B010 - mypy knows no descriptor in place of a method


def _method_seams() -> tuple[tuple[type, str, str], ...]:
    """Methods whose look-up on an instance tells something, and what of the watch is told."""
    return (
        (Optimizer, "zero_grad", "saw_zero_grad"),
        (Optimizer, "add_param_group", "saw_optimizer_made"),
        (torch.nn.Module, "zero_grad", "saw_zero_grad"),
        (torch.nn.Module, "load_state_dict", "saw_load"),
        (DataLoader, "__init__", "saw_loader_made"),
        (DataLoader, "__iter__", "saw_loader"),
        (saved_tensors_hooks, "__enter__", "saw_saved_hooks"),
        (lr_scheduler.LRScheduler, "_initial_step", "saw_scheduler"),
        (lr_scheduler.LRScheduler, "step", "saw_scheduler_step"),
        (lr_scheduler.CosineAnnealingWarmRestarts, "step", "saw_scheduler_step"),
        (lr_scheduler.ReduceLROnPlateau, "_initial_step", "saw_scheduler"),
        (lr_scheduler.SequentialLR, "__init__", "saw_schedulers_joined"),
        (lr_scheduler.SequentialLR, "step", "saw_scheduler_step"),
        (lr_scheduler.ChainedScheduler, "__init__", "saw_schedulers_joined"),
        (lr_scheduler.ChainedScheduler, "step", "saw_scheduler_step"),
        (lr_scheduler.ReduceLROnPlateau, "_reset", "saw_plateau_made"),
        (lr_scheduler.ReduceLROnPlateau, "_is_better", "saw_plateau_step"),
    )


def _loss_listener(arming: Arming, function: str) -> Any:
    tell = arming.tell("saw_loss_call")

    def listen(frame: FrameType) -> None:
        tell(function, frame)

    return listen


def _reduced_loss_listener(arming: Arming) -> Any:
    """Every loss function asks for its reduction's number, also those whose kernel lies in `torch` itself."""
    room = torch.nn.functional.__file__
    tell = arming.tell("saw_loss_call")

    def listen(frame: FrameType) -> None:
        code = frame.f_code
        if code.co_name in adapter.REDUCED_LOSSES and code.co_filename == room:
            tell(code.co_name, frame)

    return listen


def _armed(rank: int, folder: str, *, masked: bool) -> Armed:
    words = (sys.executable, *sys.orig_argv[1:])
    return Armed(
        schema=SCHEMA,
        wellfit=__version__,
        python=sys.version.split()[0],
        torch=str(torch.__version__),
        script=os.path.abspath(sys.argv[0]) if sys.argv and sys.argv[0] else "",
        pid=os.getpid(),
        rank=rank,
        world_size=_integer("WORLD_SIZE", 1),
        device="cpu",
        started=Started(mask_words(words) if masked else words, folder, ranked="RANK" in os.environ),
    )


def _integer(variable: str, default: int = 0) -> int:
    text = os.environ.get(variable, "")
    return int(text) if text.isdigit() else default
