"""Schedulers whose length, unit or shape is not the run's: by case the problem, the scheduler, the calls of the run."""

from typing import Any

from sound import made, sequence
from torch.optim import lr_scheduler as of_torch
from transformers import get_scheduler

from wellfit.schedules.schedule import schedule


def chain(optimizer: Any, warmup: int, steps: int) -> Any:
    rise = of_torch.LinearLR(optimizer, start_factor=0.01, total_iters=warmup)
    return of_torch.ChainedScheduler([rise, of_torch.CosineAnnealingLR(optimizer, T_max=steps)])


def hugging_face(name: str, warmup: int, steps: int) -> Any:
    return get_scheduler(name, made(), warmup, steps)


WRONG = {
    "cosine shorter than the run": ("rise_after_decay", lambda: of_torch.CosineAnnealingLR(made(), 50), 100),
    "cosine of transformers too": ("rise_after_decay", lambda: hugging_face("cosine", 5, 50), 100),
    "cosine within a sequence": (
        "rise_after_decay",
        lambda: sequence(o := made(), 10, of_torch.LinearLR(o, 0.1, 1, 10), of_torch.CosineAnnealingLR(o, 40)),
        90,
    ),
    "warmup and decay multiplied": ("peak_not_reached", lambda: chain(made(), 50, 100), 100),
    "warmup longer than the run": ("peak_not_reached", lambda: hugging_face("linear", 500, 1_000), 200),
    "one cycle cut short": ("peak_not_reached", lambda: of_torch.OneCycleLR(made(), 0.1, total_steps=500), 100),
    "one cycle per epoch": (
        "wrong_unit",
        lambda: of_torch.OneCycleLR(made(), 0.1, steps_per_epoch=1_000, epochs=5),
        5,
    ),
    "linear of batches per epoch": ("wrong_unit", lambda: hugging_face("linear", 10, 5_000), 5),
    "cycles of batches per epoch": ("wrong_unit", lambda: of_torch.CyclicLR(made(), 0.01, 0.1), 30),
    "cosine of epochs per batch": ("wrong_unit", lambda: of_torch.CosineAnnealingLR(made(), 10), 1_000),
    "a long cosine of epochs": ("wrong_unit", lambda: of_torch.CosineAnnealingLR(made(), 90), 100_000),
    "steps of epochs per batch": ("wrong_unit", lambda: of_torch.StepLR(made(), 30), 3_000),
    "gamma of epochs per batch": ("wrong_unit", lambda: of_torch.ExponentialLR(made(), 0.95), 1_000),
    "factor of epochs per batch": ("wrong_unit", lambda: of_torch.MultiplicativeLR(made(), lambda _: 0.95), 1_000),
    "function of epochs per batch": ("wrong_unit", lambda: of_torch.LambdaLR(made(), lambda e: 0.95**e), 1_000),
    "milestones of epochs per batch": ("wrong_unit", lambda: of_torch.MultiStepLR(made(), [30, 60, 80]), 9_000),
    "polynomial of epochs per batch": ("wrong_unit", lambda: of_torch.PolynomialLR(made(), total_iters=10), 1_000),
    "linear of epochs per batch": ("wrong_unit", lambda: hugging_face("linear", 1, 10), 1_000),
    "cosine three times the run": ("ends_high", lambda: of_torch.CosineAnnealingLR(made(), 300), 100),
    "ours twice the run": ("ends_high", lambda: schedule(made(), "wsd", 200, warmup=10), 100),
    "no milestone within the run": ("ends_high", lambda: of_torch.MultiStepLR(made(), [100, 150]), 100),
    "no drop within the run": ("ends_high", lambda: of_torch.StepLR(made(), 30), 20),
    "zero for half of the run": ("zero_rate", lambda: hugging_face("linear", 5, 50), 100),
    "zero at first": ("zero_rate", lambda: of_torch.LambdaLR(made(), lambda e: e // 30), 100),
    "first step at zero": ("first_step_at_zero", lambda: of_torch.LambdaLR(made(), lambda e: min(1, e / 10)), 100),
    "decay of a shorter run": ("decays_early", lambda: of_torch.MultiStepLR(made(), [10, 20, 30]), 100),
    "more calls than it takes": ("stops_early", lambda: of_torch.OneCycleLR(made(), 0.1, total_steps=100), 110),
    "the same in a long run": ("stops_early", lambda: of_torch.OneCycleLR(made(), 0.1, total_steps=5_000), 5_100),
}
