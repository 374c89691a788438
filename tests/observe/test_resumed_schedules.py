"""Schedules that are saved and loaded: torch's own go on as they were, those that lose something do not."""

import copy
import functools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch.optim import SGD, Optimizer, lr_scheduler
from torch.optim.lr_scheduler import LambdaLR, LRScheduler

from wellfit.model.events.deep import ScheduleTried
from wellfit.observe.resumed_schedules import ResumedSchedules

STEPS = 12
Make = Callable[[Optimizer], Any]


def optimizer_of_two_groups() -> Optimizer:
    weights = [torch.zeros(2, requires_grad=True) for _ in range(2)]
    groups: list[dict[str, Any]] = [{"params": [weights[0]]}, {"params": [weights[1]], "lr": 0.02}]
    return SGD(groups, lr=0.1, momentum=0.9)


def trained(make: Make, *, metric: bool = False) -> tuple[Optimizer, Any, list[ScheduleTried]]:
    """Twelve steps of a schedule, and what comes of saving it."""
    optimizer = optimizer_of_two_groups()
    scheduler = make(optimizer)
    schedules = ResumedSchedules()
    schedules.made(scheduler, None)
    for step in range(STEPS):
        schedules.remember()
        optimizer.step()
        scheduler.step(*([1.0 + step % 3] if metric else []))
    return optimizer, scheduler, list(schedules.tried(copy.deepcopy))


class Rate:
    """A callable object, whose values LambdaLR saves."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, _: int) -> float:
        self.calls += 1
        return 0.9**self.calls

    def count(self, _: int) -> float:
        self.calls += 1
        return 0.9**self.calls


class Warm:
    def __init__(self) -> None:
        self.steps, self.seen = 20, 0

    def rate(self, epoch: int) -> float:
        return min(1.0, (epoch + 1) / self.steps) / (1 + self.seen)


class Halving(LRScheduler):
    """Halves the rate every fifth call by a counter of its own."""

    def __init__(self, optimizer: Optimizer) -> None:
        self.calls = 0
        super().__init__(optimizer)

    def get_lr(self) -> list[float | torch.Tensor]:
        self.calls += 1
        return [group["lr"] * (0.5 if self.calls % 5 == 0 else 1.0) for group in self.optimizer.param_groups]


class Forgetful(Halving):
    def state_dict(self) -> dict[str, Any]:
        return {"last_epoch": self.last_epoch}


def counting_closure(optimizer: Optimizer) -> LRScheduler:
    calls = 0

    def rate(_: int) -> float:
        nonlocal calls
        calls += 1
        return 0.9**calls

    return LambdaLR(optimizer, rate)


def closure_over_a_list(optimizer: Optimizer) -> LRScheduler:
    calls = [0]

    def rate(_: int) -> float:
        calls[0] += 1
        return 0.9 ** calls[0]

    return LambdaLR(optimizer, rate)


def by_a_table(optimizer: Optimizer) -> LRScheduler:
    table, total = [1.0, 0.8, 0.6], 3
    return LambdaLR(optimizer, lambda epoch: table[epoch % total])


OF_TORCH: dict[str, Make] = {
    "step": lambda o: lr_scheduler.StepLR(o, 5, 0.5),
    "milestones": lambda o: lr_scheduler.MultiStepLR(o, [3, 14], 0.1),
    "exponential": lambda o: lr_scheduler.ExponentialLR(o, 0.9),
    "cosine": lambda o: lr_scheduler.CosineAnnealingLR(o, 16),
    "restarts": lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 5),
    "one cycle": lambda o: lr_scheduler.OneCycleLR(o, 0.3, total_steps=40),
    "cyclic": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=5),
    "linear": lambda o: lr_scheduler.LinearLR(o, 0.1, total_iters=15),
    "polynomial": lambda o: lr_scheduler.PolynomialLR(o, 30, 2.0),
    "lambda": lambda o: LambdaLR(o, [lambda e: 0.9**e, lambda e: 1 / (1 + e)]),
    "multiplicative": lambda o: lr_scheduler.MultiplicativeLR(o, lambda e: 0.95 if e % 2 else 1.0),
}
OF_PROGRAMS: dict[str, Make] = {
    "callable object": lambda o: LambdaLR(o, Rate()),
    "method that writes nothing": lambda o: LambdaLR(o, Warm().rate),
    "closure that writes nothing": by_a_table,
    "partial": lambda o: LambdaLR(o, functools.partial(lambda base, e: base**e, 0.9)),
    "own class, all saved": Halving,
}


@pytest.mark.parametrize("make", [*OF_TORCH.values(), *OF_PROGRAMS.values()], ids=[*OF_TORCH, *OF_PROGRAMS])
def test_a_schedule_that_saves_all_goes_on(make: Make) -> None:
    optimizer, scheduler, (seen,) = trained(make)
    assert seen.went_on == seen.loaded
    real = []
    for _ in seen.went_on[:20]:  # the copies say what the schedule itself does, and left it alone
        optimizer.step()
        scheduler.step()
        real.append(float(optimizer.param_groups[0]["lr"]))
    assert tuple(real) == seen.went_on[:20]


def test_a_schedule_by_a_metric_goes_on() -> None:
    _, _, (seen,) = trained(lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=2), metric=True)
    assert seen.went_on == seen.loaded
    assert len(set(seen.went_on)) > 1


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (Forgetful, "calls"),
        (lambda o: LambdaLR(o, Rate().count), "calls"),
        (counting_closure, "calls"),
        (closure_over_a_list, "calls"),
    ],
    ids=["own class", "method", "closure", "closure over a list"],
)
def test_what_is_not_saved_changes_the_next_rates(make: Make, name: str) -> None:
    optimizer, scheduler, (seen,) = trained(make)
    assert seen.went_on != seen.loaded
    assert name in seen.lost
    optimizer.step()
    scheduler.step()
    assert float(optimizer.param_groups[0]["lr"]) == seen.went_on[0]


def test_a_value_that_the_program_counts_is_not_the_schedules_own() -> None:
    counted = Warm()

    def make(optimizer: Optimizer) -> LRScheduler:
        scheduler = LambdaLR(optimizer, counted.rate)
        counted.seen = 3  # as a trainer's own loop does, which saves it on its own
        return scheduler

    _, _, (seen,) = trained(make)
    assert seen.went_on == seen.loaded


def test_a_schedule_that_holds_a_model_is_not_copied() -> None:
    class Watching(Halving):
        def __init__(self, optimizer: Optimizer) -> None:
            self.model = torch.nn.Linear(2, 2)
            super().__init__(optimizer)

    assert trained(Watching)[2] == []
