"""What learning-rate finders are known to get wrong."""

import math
import random

import pytest
import torch
from searching import Net, Run, digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import wellfit
from wellfit.find.found import LrFound
from wellfit.find.lr import find_lr


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)
    random.seed(0)


def linear(**options: object) -> tuple[nn.Module, list, torch.optim.Optimizer]:
    """Least squares with a known best way: Adam goes from 0 to about 1 in so many steps."""
    torch.manual_seed(1)
    x = torch.randn(256, 4)
    model = nn.Linear(4, 1)
    nn.init.zeros_(model.weight)
    data = [(part, part.sum(1, keepdim=True)) for part in x.split(32)]
    return model, data, torch.optim.Adam(model.parameters(), **({"lr": 1e-3} | options))


def test_the_rate_it_finds_trains_better_than_a_tenth_and_ten_times_of_it() -> None:
    def end(lr: float) -> float:
        torch.manual_seed(0)
        run = Run()
        run.optimizer = torch.optim.Adam(run.model.parameters(), lr=lr)
        scheduler = wellfit.schedule(run.optimizer, "cosine", 100)
        for _ in range(10):
            for x, y in run.loader:
                run.optimizer.zero_grad()
                run.loss(run.model(x), y).backward()
                run.optimizer.step()
                scheduler.step()
        run.model.eval()
        x, y = run.validation
        return run.loss(run.model(x), y).item()

    found = Run().find(steps=100, scheduler="cosine")
    assert found.lr is not None
    assert end(found.lr) < min(end(found.lr / 10), end(found.lr * 10))


def test_nothing_is_written_until_apply() -> None:
    run = Run()
    found = run.find()
    assert run.optimizer.param_groups[0]["lr"] == 1e-3
    found.apply(run.optimizer)
    assert run.optimizer.param_groups[0]["lr"] == found.lr


def test_equal_searches_find_equal_rates() -> None:
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        found.append(Run().find(seed=4))
    assert found[0].lr == found[1].lr
    assert found[0].legs == found[1].legs


def test_the_search_stays_within_its_budget() -> None:
    assert Run().find(steps=300, budget=90).steps <= 90


def test_a_sweep_is_longer_than_an_epoch() -> None:
    x, y = digits()
    found = Run(loader=DataLoader(TensorDataset(x[:80], y[:80]), batch_size=40)).find()
    assert found
    assert len(found.sweep) > 2


@pytest.mark.parametrize("first", [math.nan, math.inf])
def test_not_finite_at_step_1(first: float) -> None:
    run = Run(loss=lambda output, target: nn.functional.cross_entropy(output, target) * first)
    found = run.find()
    assert (found.lr, found.verdict) == (None, "diverged")
    assert f"{first}" in found.reason
    with pytest.raises(ValueError, match="no learning rate was found"):
        found.apply(run.optimizer)
    assert run.optimizer.param_groups[0]["lr"] == 1e-3


@pytest.mark.parametrize("shift", [-100.0, -2.0])
def test_negative_losses(shift: float) -> None:
    plain = Run().find(seed=1)
    torch.manual_seed(0)
    shifted = Run(loss=lambda output, target: nn.functional.cross_entropy(output, target) + shift).find(seed=1)
    assert shifted.verdict in ("ok", "at the edge")
    assert abs(math.log10(shifted.lr / plain.lr)) < 0.7
    assert len(shifted.sweep) > 8


def test_a_constant_loss_is_flat() -> None:
    found = Run(loss=lambda output, _: (output * 0.0).sum() + 3.0).find()
    assert (found.lr, found.verdict) == (None, "flat")
    assert "3" in found.reason


def test_a_network_that_stands_still_at_first_is_not_flat() -> None:
    """Behind sigmoids nothing is learnt in the first legs, which are 15 steps long."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(64, 64), nn.Sigmoid(), nn.Linear(64, 10))
    nn.init.zeros_(model[-1].weight)
    nn.init.zeros_(model[-1].bias)
    run = Run(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
    found = run.find(steps=1000, budget=400)
    assert found.verdict in ("ok", "at the edge")
    assert len(found.legs) == 10, "the first rates twice: in short legs, and in longer ones"


def test_few_steps_say_so() -> None:
    found = Run().find(steps=200, budget=30)
    assert (found.lr, found.verdict, found.steps) == (None, "too few points", 0)
    assert "30" in found.reason


def test_a_run_far_longer_than_the_search_gets_no_rate() -> None:
    found = Run().find(steps=10**7, budget=80)
    assert (found.lr, found.verdict) == (None, "wide")
    assert "10000000" in found.reason


class Counted(TensorDataset):
    given = 0

    def __getitem__(self, at: int) -> tuple[torch.Tensor, ...]:
        Counted.given += 1
        return super().__getitem__(at)


def test_accumulation_counts_optimizer_steps() -> None:
    x, y = digits()
    steps = []

    def counting(*_: object) -> None:
        steps.append(1)

    run = Run(loader=DataLoader(TensorDataset(x[:400], y[:400]), batch_size=10))
    run.optimizer.register_step_pre_hook(counting)
    found = run.find(accumulate=4)
    assert found.steps == len(steps)
    whole = Run(loader=DataLoader(TensorDataset(x[:400], y[:400]), batch_size=40)).find()
    assert abs(math.log10(found.lr / whole.lr)) < 1


def test_groups_keep_their_ratios() -> None:
    model = Net()
    layers = list(model.body)
    groups = [{"params": layers[0].parameters(), "lr": 1e-4}, {"params": layers[4].parameters(), "lr": 1e-2}]
    run = Run(model=model, optimizer=torch.optim.Adam(groups))
    ratios = set()

    def note(optimizer: torch.optim.Optimizer, *_: object) -> None:
        one, other = optimizer.param_groups
        ratios.add(round(other["lr"] / one["lr"], 6))

    run.optimizer.register_step_pre_hook(note)
    found = run.find()
    assert ratios == {100.0}
    found.apply(run.optimizer)
    one, other = (group["lr"] for group in run.optimizer.param_groups)
    assert other / one == pytest.approx(100)
    assert found.lrs == (one, other)


def test_several_optimizers() -> None:
    model = Net()
    layers = list(model.body)
    optimizers = [torch.optim.SGD(layers[0].parameters(), lr=0.1), torch.optim.Adam(layers[4].parameters(), lr=1e-3)]
    run = Run(model=model, optimizer=optimizers)
    found = run.find()
    assert found.lrs == pytest.approx((0.1 * found.multiplier, 1e-3 * found.multiplier))
    found.apply(optimizers)
    assert (optimizers[0].param_groups[0]["lr"], optimizers[1].param_groups[0]["lr"]) == found.lrs
    with pytest.raises(ValueError, match="2 parameter groups, got an optimizer with 1"):
        found.apply(optimizers[0])


@pytest.mark.parametrize("options", [{"fused": True}, {"foreach": True}, {"foreach": False}])
def test_implementations_agree(options: dict) -> None:
    model, data, optimizer = linear(**options)
    found = find_lr(model, data, nn.MSELoss(), optimizer, steps=80)
    model, data, optimizer = linear()
    assert found.lr == pytest.approx(find_lr(model, data, nn.MSELoss(), optimizer, steps=80).lr, rel=0.05)


def test_a_rate_that_is_a_tensor_stays_that_tensor() -> None:
    rate = torch.tensor(1e-3)
    model, data, optimizer = linear(lr=rate, foreach=False)
    found = find_lr(model, data, nn.MSELoss(), optimizer, steps=80)
    assert optimizer.param_groups[0]["lr"] is rate
    assert float(rate) == pytest.approx(1e-3)
    found.apply(optimizer)
    assert optimizer.param_groups[0]["lr"] is rate
    assert float(rate) == pytest.approx(found.lr)


def test_a_scheduler_keeps_its_place_and_gets_new_peaks() -> None:
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run = Run(model=model, optimizer=optimizer, scheduler=wellfit.schedule(optimizer, "cosine", 80, warmup=0.1))
    share = optimizer.param_groups[0]["lr"] / 0.1
    found = run.find()
    found.apply(optimizer, run.scheduler)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(found.lr * share)
    optimizer.step()
    run.scheduler.step()
    assert optimizer.param_groups[0]["lr"] < found.lr
    assert run.scheduler.base_lrs == [found.lr]


def test_without_validation_some_batches_are_held_back_and_said() -> None:
    found = Run().find(validation=None)
    assert found
    assert "2 batches held back from the loader" in found.judged_on


def test_what_is_held_back_is_never_trained_on() -> None:
    legs: list[list[set[bytes]]] = []

    class Watching(Net):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            if not self.calls:  # as it is put back at the start of each leg
                legs.append([set(), set()])
            legs[-1][self.training].update(row.numpy().tobytes() for row in x)
            return super().forward(x)

    Run(model=Watching()).find(validation=None, steps=120)
    judged = [(evaluated, trained) for evaluated, trained in legs if evaluated and trained]
    assert len({frozenset(evaluated) for evaluated, _ in judged}) == 3, "as few rows are held back in turn"
    assert not any(evaluated & trained for evaluated, trained in judged)


def test_batches_of_other_kinds_go_to_the_loss() -> None:
    x, y = digits()
    data = [{"x": a, "y": b} for a, b in zip(x.split(40), y.split(40), strict=True)]
    found = Run(loader=data, loss=lambda model, batch: nn.functional.cross_entropy(model(batch["x"]), batch["y"])).find(
        validation=data[-3:]
    )
    assert found


def test_it_prints_what_it_found() -> None:
    found = Run().find()
    text = str(found)
    assert f"{found.lr:.2g}" in text
    assert "200 validation samples" in text
    assert "0.001 is expected to end" in text
    assert max(len(line) for line in text.splitlines()) <= 120
    assert isinstance(found, LrFound)
    assert found


def test_the_front_door() -> None:
    assert wellfit.find_lr is find_lr
