"""Every scheduler of torch and of transformers as documented, with its length right: nothing may be said of them."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.optim import SGD, Optimizer
from torch.optim import lr_scheduler as of_torch
from torch.optim.swa_utils import SWALR
from transformers import get_scheduler

from wellfit.schedules.catalogue import SHAPES
from wellfit.schedules.schedule import schedule

Made = Callable[[Optimizer, int], Any]


def made(*rates: float, **options) -> Optimizer:
    groups = [{"params": nn.Parameter(torch.ones(1)), "lr": rate} for rate in rates or (0.05, 0.01)]
    return SGD(groups, lr=groups[0]["lr"], momentum=0.9, **options)


def sequence(optimizer: Optimizer, at: int, *schedulers: Any) -> Any:
    return of_torch.SequentialLR(optimizer, list(schedulers), milestones=[at])


TORCH: dict[str, Made] = {
    "LambdaLR": lambda o, n: of_torch.LambdaLR(o, [lambda e: 0.95 ** (100 * e / n), lambda e: 1 / (1 + e / n)]),
    "LambdaLR of a warmup": lambda o, n: of_torch.LambdaLR(o, lambda e: min(1.0, (e + 1) / (n // 10))),
    "LambdaLR of Noam": lambda o, n: of_torch.LambdaLR(o, lambda e: 0.044 * min((e + 1) ** -0.5, (e + 1) * 40**-1.5)),
    "MultiplicativeLR": lambda o, n: of_torch.MultiplicativeLR(o, lambda e: 0.95 ** (100 / n)),
    "StepLR": lambda o, n: of_torch.StepLR(o, step_size=3 * n // 10, gamma=0.1),
    "MultiStepLR": lambda o, n: of_torch.MultiStepLR(o, milestones=[3 * n // 10, 8 * n // 10], gamma=0.1),
    "ConstantLR": lambda o, n: of_torch.ConstantLR(o, factor=0.5, total_iters=40),
    "LinearLR": lambda o, n: of_torch.LinearLR(o, start_factor=0.05, total_iters=40),
    "LinearLR down": lambda o, n: of_torch.LinearLR(o, start_factor=1.0, end_factor=0.01, total_iters=n),
    "LinearLR by default": lambda o, n: of_torch.LinearLR(o),
    "ExponentialLR": lambda o, n: of_torch.ExponentialLR(o, gamma=0.95 ** (100 / n)),
    "SequentialLR": lambda o, n: sequence(
        o, n // 5, of_torch.ConstantLR(o, 0.1, n // 5), of_torch.ExponentialLR(o, gamma=0.9 ** (100 / n))
    ),
    "SequentialLR of warmup and cosine": lambda o, n: sequence(
        o, n // 10, of_torch.LinearLR(o, 0.01, 1.0, n // 10), of_torch.CosineAnnealingLR(o, n - n // 10)
    ),
    "SequentialLR of cosine and SWALR": lambda o, n: sequence(
        o, 3 * n // 4, of_torch.CosineAnnealingLR(o, 3 * n // 4, eta_min=1e-4), SWALR(o, swa_lr=0.02, anneal_epochs=10)
    ),
    "SequentialLR of two cosines": lambda o, n: sequence(
        o, n // 2, of_torch.CosineAnnealingLR(o, n // 2), of_torch.CosineAnnealingLR(o, n - n // 2)
    ),
    "CosineAnnealingLR": lambda o, n: of_torch.CosineAnnealingLR(o, T_max=n),
    "CosineAnnealingLR with a floor": lambda o, n: of_torch.CosineAnnealingLR(o, T_max=n, eta_min=1e-4),
    "CosineAnnealingLR one short": lambda o, n: of_torch.CosineAnnealingLR(o, T_max=n - 1),
    "ChainedScheduler": lambda o, n: of_torch.ChainedScheduler(
        [of_torch.ConstantLR(o, 0.1, n // 5), of_torch.ExponentialLR(o, gamma=0.9 ** (100 / n))], optimizer=o
    ),
    "ChainedScheduler of a short warmup": lambda o, n: of_torch.ChainedScheduler(
        [of_torch.LinearLR(o, 0.1, 1.0, n // 20), of_torch.CosineAnnealingLR(o, T_max=n)]
    ),
    "ReduceLROnPlateau": lambda o, n: of_torch.ReduceLROnPlateau(o, "min"),
    "CyclicLR": lambda o, n: of_torch.CyclicLR(o, base_lr=0.01, max_lr=0.1, step_size_up=n // 10),
    "CyclicLR triangular2": lambda o, n: of_torch.CyclicLR(o, 0.01, 0.1, step_size_up=n // 10, mode="triangular2"),
    "CyclicLR exp_range": lambda o, n: of_torch.CyclicLR(
        o, 0.001, 0.1, step_size_up=n // 10, mode="exp_range", gamma=0.999
    ),
    "CosineAnnealingWarmRestarts": lambda o, n: of_torch.CosineAnnealingWarmRestarts(o, T_0=n // 5),
    "CosineAnnealingWarmRestarts growing": lambda o, n: of_torch.CosineAnnealingWarmRestarts(o, T_0=n // 7, T_mult=2),
    "OneCycleLR": lambda o, n: of_torch.OneCycleLR(o, max_lr=0.1, steps_per_epoch=n, epochs=1),
    "OneCycleLR in three phases": lambda o, n: of_torch.OneCycleLR(o, max_lr=0.1, total_steps=n, three_phase=True),
    "OneCycleLR linear": lambda o, n: of_torch.OneCycleLR(
        o, max_lr=[0.1, 0.2], total_steps=n, anneal_strategy="linear"
    ),
    "PolynomialLR": lambda o, n: of_torch.PolynomialLR(o, total_iters=n, power=0.9),
    "PolynomialLR steep": lambda o, n: of_torch.PolynomialLR(o, total_iters=n, power=4.0),
    "SWALR": lambda o, n: SWALR(o, anneal_strategy="linear", anneal_epochs=20, swa_lr=0.05),
    "SWALR down": lambda o, n: SWALR(o, swa_lr=0.005),
}

NAMES: dict[str, dict[str, Any]] = {
    "linear": {},
    "cosine": {},
    "cosine_with_restarts": {"num_cycles": 3},
    "polynomial": {},
    "constant": {},
    "constant_with_warmup": {},
    "inverse_sqrt": {},
    "reduce_lr_on_plateau": {},
    "cosine_with_min_lr": {"min_lr": 1e-4},
    "cosine_warmup_with_min_lr": {"min_lr_rate": 0.1},
    "warmup_stable_decay": {"num_decay_steps": 10},
    "greedy": {},
}


def _transformers(name: str) -> Made:
    return lambda o, n: get_scheduler(name, o, n // 10, n, scheduler_specific_kwargs=dict(NAMES[name]))


def _ours(name: str) -> Made:
    return lambda o, n: schedule(o, name, n, warmup=0 if name == "one_cycle" else 0.05)


SOUND: dict[str, Made] = (
    TORCH
    | {f"transformers {name}": _transformers(name) for name in NAMES}
    | {f"wellfit {shape.name}": _ours(shape.name) for shape in SHAPES}
)
