"""One dry look at each model, shared by all who may call it beside the training."""

from dataclasses import dataclass

import torch
from torch.nn import Module

from wellfit.observe.dry_look import DryLook, holds_generator
from wellfit.observe.moments import Forward
from wellfit.observe.watch import Watch

DRY_ITERATION = 1
"""The iteration of the dry look: in the first one, layers may still be made."""

LONGEST_S = 2.0
"""Seconds that the real forward may take at the most: ours would take as long, several times."""

LEAST_FREE = 0.5
"""Share of a GPU's memory that must be free: a side-run keeps what its operations were given."""


@dataclass
class Looked:
    """What came of the look at one model.

    Args:
        reason: why it must not be called beside the training; empty where it may.
        elapsed_s: seconds that the real forward took, with the look at it.
    """

    reason: str
    elapsed_s: float = 0.0
    pending: DryLook | None = None


def may_look(watch: Watch) -> bool:
    """Whether it is time."""
    return watch.clock.sampled and watch.clock.iteration >= DRY_ITERATION


def look(watch: Watch, forward: Forward) -> Looked:
    """Look at this call, unless somebody has looked at the model before; it ends with the call."""
    if forward.root.looked is not None:
        return forward.root.looked
    looked = forward.root.looked = Looked(refusal(watch, forward.module))
    if looked.reason:
        return looked

    def done(seen: DryLook) -> None:
        looked.pending, looked.elapsed_s = None, seen.elapsed_s
        slow = f"its forward takes {seen.elapsed_s:.1f} s" if seen.elapsed_s > LONGEST_S else ""
        looked.reason = seen.reason or slow

    dry = DryLook(forward.module, forward.frame, done=done, busy=lambda: watch.busy)
    if dry.start():
        looked.pending, looked.reason = dry, "its forward was not seen to its end"
    else:
        looked.reason = "a profiler of the program's own is active"
    return looked


def stop_looking(watch: Watch) -> None:
    """The model's call is over, whatever became of the look."""
    for root in watch.roots.all:
        if root.looked is not None and root.looked.pending is not None:
            root.looked.pending.stop()
            root.looked.pending = None


def refusal(watch: Watch, module: Module) -> str:
    """Why a model must not be called beside the training now, or an empty string."""
    if watch.compiled:
        return "part of it is compiled"
    if not watch.may_compute():
        return "a mode of the program's own is active"
    return _is_wrapped(module) or _has_no_room(module)


def _is_wrapped(module: Module) -> str:
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return "it is trained by several processes"
    wrapper = type(module).__module__.startswith(("torch.nn.parallel", "torch.distributed"))
    if wrapper or isinstance(module, torch.jit.ScriptModule):
        return f"it is a {type(module).__name__}"
    return "it holds a random generator of its own" if holds_generator(module) else ""


def _has_no_room(module: Module) -> str:
    devices = {p.device.type for p in module.parameters()}
    if not devices <= {"cpu", "cuda"}:
        return f"it lies on {', '.join(sorted(devices))}"
    if "cuda" not in devices:
        return ""
    free, total = torch.cuda.mem_get_info()
    return "less than half of the GPU's memory is free" if free < LEAST_FREE * total else ""
