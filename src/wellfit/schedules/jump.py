"""The rate of torch's schedulers at any step, without the steps before it."""

import math
from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from torch.optim import lr_scheduler as torch_schedulers

from wellfit.schedules.schedule import ScheduleLR

Jump = Callable[[int], list[float]]

_BY_FORMULA = (
    torch_schedulers.StepLR,
    torch_schedulers.MultiStepLR,
    torch_schedulers.ConstantLR,
    torch_schedulers.LinearLR,
    torch_schedulers.ExponentialLR,
    torch_schedulers.CosineAnnealingLR,
    torch_schedulers.PolynomialLR,
)
"""Torch itself has a closed form of these."""

_BY_STEP = (
    torch_schedulers.LambdaLR,
    torch_schedulers.CyclicLR,
    torch_schedulers.OneCycleLR,
    ScheduleLR,
)
"""These look at the step only, never at the rate before."""


def jump_of(scheduler: Any, steps: int) -> Jump | None:
    """A function from the step to each group's rate; None where the scheduler must be stepped there.

    Args:
        scheduler: a copy, which the function moves about.
        steps: the last step that it will be asked for.
    """
    kind = type(scheduler)  # a subclass may do anything
    if kind in _BY_FORMULA:
        return lambda step: _at(scheduler, step, "_get_closed_form_lr")
    if kind in _BY_STEP:
        return lambda step: _at(scheduler, step, "get_lr")
    if kind is torch_schedulers.CosineAnnealingWarmRestarts:
        return lambda step: _restarted(scheduler, step)
    if kind is torch_schedulers.SequentialLR:
        return _of_sequence(scheduler, steps)
    return _of_chain(scheduler, steps) if kind is torch_schedulers.ChainedScheduler else None


def _at(scheduler: Any, step: int, method: str) -> list[float]:
    scheduler.last_epoch = step
    scheduler._get_lr_called_within_step = True  # noqa: SLF001  # torch warns without
    return [float(rate) for rate in getattr(scheduler, method)()]


def _restarted(scheduler: Any, step: int) -> list[float]:
    scheduler.step(step)
    return [float(rate) for rate in scheduler.get_last_lr()]


def _of_sequence(sequence: Any, steps: int) -> Jump | None:
    jumps = [jump_of(member, steps) for member in sequence._schedulers]  # noqa: SLF001
    starts = [0, *sequence._milestones]  # noqa: SLF001
    known = [jump for jump in jumps if jump]
    if len(known) < len(jumps):
        return None

    def jump(step: int) -> list[float]:
        turn = bisect_right(starts, step) - 1
        return known[turn](step - starts[turn])

    return jump


def _of_chain(chain: Any, steps: int) -> Jump | None:
    """The product, where every member multiplies the rate by a factor of its own and does nothing else."""
    members = chain._schedulers  # noqa: SLF001
    if not all(_multiplies(member, steps) for member in members):
        return None
    bases = [float(base) or 1.0 for base in members[0].base_lrs]

    def jump(step: int) -> list[float]:
        rates = [_at(member, step, "_get_closed_form_lr") for member in members]
        return [math.prod(each) / base ** (len(each) - 1) for *each, base in zip(*rates, bases, strict=True)]

    return jump


def _multiplies(member: Any, steps: int) -> bool:
    """A cosine adds its floor, and turns round at its end by a formula of its own."""
    return (
        type(member) in _BY_FORMULA and not getattr(member, "eta_min", 0) and getattr(member, "T_max", steps) >= steps
    )
