"""The scheduler: that it is one of torch's, its rates against theirs, and going on after a stop."""

import copy
import io
import pickle

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.optim import SGD, AdamW, Optimizer
from torch.optim.lr_scheduler import (
    ChainedScheduler,
    CosineAnnealingLR,
    ExponentialLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    OneCycleLR,
    PolynomialLR,
    SequentialLR,
)
from transformers import get_scheduler

from wellfit.schedules.catalogue import SHAPES
from wellfit.schedules.schedule import schedule

NAMES = [shape.name for shape in SHAPES]


def made(*rates: float, kind: type[Optimizer] = SGD, **options) -> Optimizer:
    groups = [{"params": nn.Parameter(torch.ones(1)), "lr": rate} for rate in rates or (0.1,)]
    return kind(groups, lr=groups[0]["lr"], **options)


def advance(scheduler: LRScheduler, steps: int) -> list[list[float]]:
    """The rates of the next steps, each group's own."""
    rates = []
    for _ in range(steps):
        rates.append([group["lr"] for group in scheduler.optimizer.param_groups])
        scheduler.optimizer.step()
        scheduler.step()
    return rates


def first(rates: list[list[float]]) -> list[float]:
    return [groups[0] for groups in rates]


TORCH = {
    "cosine": lambda optimizer: CosineAnnealingLR(optimizer, T_max=50, eta_min=0.001),
    "linear": lambda optimizer: LinearLR(optimizer, start_factor=1.0, end_factor=0.01, total_iters=50),
    "exponential": lambda optimizer: ExponentialLR(optimizer, gamma=0.01 ** (1 / 50)),
    "multistep": lambda optimizer: MultiStepLR(optimizer, milestones=[17, 33, 44], gamma=0.1),
}


@pytest.mark.parametrize("name", TORCH)
def test_rates_are_torchs_own(name: str) -> None:
    ours = advance(schedule(made(), name, 50), 50)
    assert first(ours) == pytest.approx(first(advance(TORCH[name](made()), 50)))


def test_polynomial_is_torchs_own() -> None:
    ours = advance(schedule(made(), "polynomial", 50, power=2.0, min_ratio=0.0), 50)
    assert first(ours) == pytest.approx(first(advance(PolynomialLR(made(), total_iters=50, power=2.0), 50)))


def test_one_cycle_is_torchs_own() -> None:
    optimizer = made(momentum=0.9)
    theirs = OneCycleLR(optimizer, max_lr=0.1, total_steps=101, pct_start=31 / 101)  # torch counts the end as a step
    expected = first(advance(theirs, 100))
    mine = made(momentum=0.9)
    assert first(advance(schedule(mine, "one_cycle", 100, momentum=(0.95, 0.85)), 100)) == pytest.approx(expected)
    assert mine.param_groups[0]["momentum"] == pytest.approx(optimizer.param_groups[0]["momentum"])


def test_linear_warmup_then_cosine_is_torchs_own() -> None:
    optimizer = made()
    rise = LinearLR(optimizer, start_factor=0.01, total_iters=10)
    theirs = SequentialLR(optimizer, [rise, CosineAnnealingLR(optimizer, T_max=40)], milestones=[10])
    ours = schedule(made(), "cosine", 50, warmup=10, warmup_start=0.01, min_ratio=0.0)
    assert first(advance(ours, 50)) == pytest.approx(first(advance(theirs, 50)))


HUGGING_FACE = {
    "linear": ("linear", {"min_ratio": 0.0}, {}),
    "cosine": ("cosine", {"min_ratio": 0.0}, {}),
    "cosine_with_min_lr": ("cosine", {"min_ratio": 0.1}, {"min_lr_rate": 0.1}),
    "polynomial": ("polynomial", {"power": 3.0, "min_ratio": 1e-6}, {"power": 3.0, "lr_end": 1e-7}),
    "inverse_sqrt": ("inverse_sqrt", {}, {}),
    "constant_with_warmup": ("constant", {}, {}),
    "warmup_stable_decay": (
        "wsd",
        {"decay": 20, "decay_kind": "cosine", "min_ratio": 0.1},
        {"num_decay_steps": 20, "min_lr_ratio": 0.1},
    ),
}


@pytest.mark.parametrize("name", HUGGING_FACE)
def test_rates_after_the_warmup_are_those_of_transformers(name: str) -> None:
    ours, options, theirs = HUGGING_FACE[name]
    expected = advance(get_scheduler(name, made(), 10, 100, scheduler_specific_kwargs=theirs), 100)
    assert first(advance(schedule(made(), ours, 100, warmup=10, **options), 100))[10:] == pytest.approx(
        first(expected)[10:]
    )


@pytest.mark.parametrize("name", NAMES)
def test_groups_keep_their_ratios(name: str) -> None:
    rates = advance(schedule(made(0.1, 0.02), name, 40), 45)
    assert [high / low for high, low in rates] == pytest.approx([5.0] * 45)


@pytest.mark.parametrize("name", NAMES)
def test_past_the_end_the_rate_stays_where_it_ended(name: str) -> None:
    scheduler = schedule(made(), name, 20)
    rates = first(advance(scheduler, 60))
    assert len(set(rates[20:])) == 1
    assert rates[20] > 0


@pytest.mark.parametrize("name", NAMES)
@given(stop=st.integers(0, 70), steps=st.integers(1, 60))
@settings(max_examples=12)
def test_a_resumed_run_has_the_same_rates(name: str, stop: int, steps: int) -> None:
    warmup = 0 if name == "one_cycle" or steps < 20 else 3
    whole = schedule(made(0.1, 0.3), name, steps, warmup=warmup)
    rates = advance(whole, 75)
    stopped = schedule(made(0.1, 0.3), name, steps, warmup=warmup)
    advance(stopped, stop)
    buffer = io.BytesIO()
    torch.save((stopped.optimizer.state_dict(), stopped.state_dict()), buffer)
    buffer.seek(0)
    of_optimizer, of_scheduler = torch.load(buffer, weights_only=True)
    resumed = schedule(made(0.1, 0.3), "constant", 7)
    resumed.optimizer.load_state_dict(of_optimizer)
    resumed.load_state_dict(of_scheduler)
    assert advance(resumed, 75 - stop) == rates[stop:]


@pytest.mark.parametrize("name", NAMES)
def test_a_run_goes_on_from_last_epoch(name: str) -> None:
    rates = first(advance(schedule(made(), name, 30), 30))
    optimizer = made(rates[11])
    optimizer.param_groups[0]["initial_lr"] = 0.1
    assert first(advance(schedule(optimizer, name, 30, last_epoch=11), 15)) == rates[12:27]


def test_a_loaded_state_stays_as_it_is() -> None:
    state = schedule(made(), "cosine", 10, min_ratio=0.2).state_dict()
    before = copy.deepcopy(state)
    schedule(made(), "linear", 5).load_state_dict(state)
    assert state == before


@pytest.mark.parametrize("name", NAMES)
def test_it_pickles(name: str) -> None:
    scheduler = schedule(made(), name, 30)
    advance(scheduler, 10)
    copied = pickle.loads(pickle.dumps(scheduler))  # noqa: S301  # our own bytes
    assert advance(copied, 30) == advance(scheduler, 30)


def test_a_longer_run_goes_on_along_its_longer_curve() -> None:
    scheduler = schedule(made(), "cosine", 50)
    advance(scheduler, 30)
    scheduler.steps = 200
    scheduler.optimizer.step()
    scheduler.step()
    assert first(advance(scheduler, 150)) == first(advance(schedule(made(), "cosine", 200), 200))[31:181]


def test_a_length_that_has_passed_leaves_the_floor() -> None:
    scheduler = schedule(made(), "cosine", 50, min_ratio=0.1)
    advance(scheduler, 30)
    scheduler.steps = 20
    assert first(advance(scheduler, 5))[1:] == pytest.approx([0.01] * 4)


def test_a_length_of_nothing_is_refused_and_changes_nothing() -> None:
    scheduler = schedule(made(), "cosine", 50)
    with pytest.raises(ValueError, match=r"steps must be a whole number >= 1, got 0"):
        scheduler.steps = 0
    assert scheduler.steps == 50


def test_a_group_added_later_is_scheduled_too() -> None:
    scheduler = schedule(made(), "linear", 10, min_ratio=0.0)
    advance(scheduler, 4)
    scheduler.optimizer.add_param_group({"params": nn.Parameter(torch.ones(1)), "lr": 0.5})
    assert advance(scheduler, 2)[1] == pytest.approx([0.05, 0.25])


def test_a_rate_held_in_a_tensor_is_filled_in_place() -> None:
    optimizer = AdamW([nn.Parameter(torch.ones(1))], lr=torch.tensor(0.1))
    held = optimizer.param_groups[0]["lr"]
    advance(schedule(optimizer, "linear", 10, min_ratio=0.0), 5)
    assert optimizer.param_groups[0]["lr"] is held
    assert held.item() == pytest.approx(0.05)


def test_the_last_rates_are_those_of_the_groups() -> None:
    scheduler = schedule(made(0.1, 0.2), "cosine", 10)
    advance(scheduler, 4)
    assert scheduler.get_last_lr() == [group["lr"] for group in scheduler.optimizer.param_groups]


def test_it_stands_within_a_sequence() -> None:
    optimizer = made()
    rise = LinearLR(optimizer, start_factor=0.5, total_iters=5)
    rates = first(advance(SequentialLR(optimizer, [rise, schedule(optimizer, "cosine", 20)], milestones=[5]), 25))
    assert rates[5:] == pytest.approx(first(advance(schedule(made(), "cosine", 20), 20)))


def test_in_a_chain_it_sets_the_rate_anew_at_each_step_as_lambda_lr_does() -> None:
    optimizer = made()
    chain = ChainedScheduler([schedule(optimizer, "linear", 10, min_ratio=0.0), MultiStepLR(optimizer, [3], gamma=0.5)])
    assert first(advance(chain, 5))[3:] == pytest.approx([0.1 * 0.7 * 0.5, 0.1 * 0.6])


@pytest.mark.parametrize("kind", [SGD, AdamW])
def test_one_cycle_moves_momentum_against_the_rate(kind: type[Optimizer]) -> None:
    options = {"momentum": 0.9} if kind is SGD else {}
    scheduler = schedule(made(kind=kind, **options), "one_cycle", 10, momentum=(0.95, 0.85))
    group = scheduler.optimizer.param_groups[0]
    seen = []
    for _ in range(11):
        seen.append(group["momentum"] if kind is SGD else group["betas"][0])
        advance(scheduler, 1)
    assert (seen[0], min(seen), seen[3], seen[10]) == pytest.approx((0.95, 0.85, 0.85, 0.95))


def test_momentum_moves_within_a_sequence_from_the_first_step_on() -> None:
    optimizer = made(momentum=0.9)
    cycle = schedule(optimizer, "one_cycle", 10, momentum=(0.95, 0.85))
    optimizer.param_groups[0]["momentum"] = 0.5
    sequence = SequentialLR(optimizer, [LinearLR(optimizer, 0.5, total_iters=5), cycle], milestones=[5])
    advance(sequence, 5)
    assert optimizer.param_groups[0]["momentum"] == pytest.approx(0.95)


def test_momentum_stays_where_it_is_unless_asked() -> None:
    scheduler = schedule(made(momentum=0.9), "one_cycle", 10)
    advance(scheduler, 5)
    assert scheduler.optimizer.param_groups[0]["momentum"] == 0.9


def test_mistakes_about_momentum_are_named_at_once() -> None:
    with pytest.raises(ValueError) as raised:
        schedule(made(kind=torch.optim.Adagrad), "cosine", 10, momentum=(0.95, 1.5))
    assert "one_cycle only, got cosine" in str(raised.value)
    assert "got Adagrad" in str(raised.value)
    assert "got (0.95, 1.5)" in str(raised.value)


def test_min_ratio_is_refused_where_it_means_nothing() -> None:
    with pytest.raises(ValueError, match="constant has no option 'min_ratio'"):
        schedule(made(), "constant", 10, min_ratio=0.1)
