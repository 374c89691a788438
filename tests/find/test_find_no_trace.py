"""A search leaves everything as it was: whatever it is, and however the search ends."""

import copy
import random

import numpy as np
import pytest
import torch
from searching import Net, Run, digits
from torch import nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, Dataset, RandomSampler, TensorDataset

from wellfit.find.trace import fingerprint


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)
    random.seed(0)
    np.random.seed(0)


def test_a_run_that_has_begun_is_left_as_it_was() -> None:
    run = Run()
    run.train(5)
    before, weights = run.state(), copy.deepcopy(run.model.state_dict())
    found = run.find()
    assert found.steps > 50
    assert run.state() == before
    assert all(torch.equal(value, run.model.state_dict()[name]) for name, value in weights.items())


def test_a_run_that_has_not_begun_has_no_optimizer_state_afterwards() -> None:
    run = Run()
    before = run.state()
    run.find()
    assert run.state() == before
    assert not run.optimizer.state


def test_the_next_training_is_the_one_that_would_have_been() -> None:
    ends = []
    for searched in (False, True):
        torch.manual_seed(3)
        run = Run()
        run.train(3)
        if searched:
            run.find()
        run.train(7)
        ends.append([p.detach().clone() for p in run.model.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))


def test_generators_of_torch_numpy_and_python() -> None:
    draws = []
    for searched in (False, True):
        _seed()
        run = Run(loader=DataLoader(TensorDataset(*digits()), batch_size=40, shuffle=True))
        if searched:
            run.find()
        draws.append((torch.rand(3).tolist(), np.random.rand(3).tolist(), random.random(), run.model.noise.normal()))
    assert draws[0] == draws[1]


def _seed() -> None:
    torch.manual_seed(11)
    np.random.seed(11)
    random.seed(11)


def test_attributes_buffers_and_modes() -> None:
    run = Run()
    run.model.body[1].eval()
    latest, momentum = run.model.latest, run.model.body[1].momentum
    run.find()
    assert (run.model.calls, run.model.shapes) == (0, [])
    assert run.model.latest is latest
    assert run.model.body[1].momentum == momentum
    assert [m.training for m in run.model.body] == [True, False, True, True, True]


def test_scheduler_counters_and_the_rates_they_set() -> None:
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    run = Run(model=model, optimizer=optimizer, scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 120))
    run.train(4)
    before, state = run.state(), copy.deepcopy(run.scheduler.state_dict())
    run.find()
    assert run.state() == before
    assert run.scheduler.state_dict() == state


def test_a_scheduler_that_was_not_stepped_still_sees_that_no_step_was_made() -> None:
    model = Net()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    Run(model=model, optimizer=optimizer, scheduler=scheduler).find()
    with pytest.warns(UserWarning, match="before `optimizer.step"):
        scheduler.step()


def test_scaler() -> None:
    run = Run(scaler=torch.amp.GradScaler("cpu", growth_interval=2))
    before = copy.deepcopy(run.scaler.state_dict())
    run.find()
    assert run.scaler.state_dict() == before


def test_averaged_copies_that_a_hook_updates() -> None:
    run = Run()
    average = AveragedModel(run.model)
    run.optimizer.register_step_post_hook(lambda *_: average.update_parameters(run.model))
    before = fingerprint(average)
    run.find()
    assert fingerprint(average) == before
    run.train(1)
    assert int(average.n_averaged) == 1, "the hook is back at work"


def test_parameters_of_the_loss() -> None:
    class Weighted(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale, self.seen = nn.Parameter(torch.ones(1)), 0

        def forward(self, output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
            self.seen += 1
            return nn.functional.cross_entropy(output * self.scale.exp(), target)

    model, loss = Net(), Weighted()
    optimizer = torch.optim.Adam([*model.parameters(), *loss.parameters()], lr=1e-3)
    before = fingerprint(model, loss, optimizer)
    Run(model=model, optimizer=optimizer, loss=loss).find()
    assert fingerprint(model, loss, optimizer) == before


class Counting(Dataset):
    """Counts and draws, as data sets that augment do."""

    def __init__(self) -> None:
        self.given, self.rng, self.epoch = 0, np.random.default_rng(1), 7

    def __len__(self) -> int:
        return 400

    def __getitem__(self, at: int) -> tuple[torch.Tensor, torch.Tensor]:
        self.given += 1
        x, y = digits()
        return x[at] + float(self.rng.normal()) * 0.01, y[at]


def test_loader_sampler_and_data_set() -> None:
    data = Counting()
    sampler = RandomSampler(data, generator=torch.Generator().manual_seed(4))
    run = Run(loader=DataLoader(data, batch_size=40, sampler=sampler))
    before, drawn = sampler.generator.get_state(), data.rng.bit_generator.state
    run.find()
    assert data.given == 0
    assert torch.equal(sampler.generator.get_state(), before)
    assert data.rng.bit_generator.state == drawn


def test_a_pass_that_is_under_way_goes_on() -> None:
    rows = []
    for searched in (False, True):
        run = Run()
        under_way = iter(run.loader)
        next(under_way)
        if searched:
            run.find()
        rows.append(torch.cat([x for x, _ in under_way]))
    assert torch.equal(*rows)


def test_a_pass_of_workers_that_stay_alive_goes_on() -> None:
    x, y = digits()
    loader = DataLoader(TensorDataset(x[:400], y[:400]), batch_size=40, num_workers=1, persistent_workers=True)
    under_way = iter(loader)
    first = next(under_way)
    run = Run(loader=loader)
    run.find(steps=64)
    rest = list(under_way)
    assert torch.equal(torch.cat([first[0], *(part for part, _ in rest)]), x[:400])


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize("call", [1, 12, 60])
def test_an_exception_in_between(error: type[BaseException], call: int) -> None:
    class Failing(nn.CrossEntropyLoss):
        calls = 0

        def forward(self, *args: torch.Tensor) -> torch.Tensor:
            Failing.calls += 1
            if Failing.calls == call:
                raise error("stop")
            return super().forward(*args)

    run = Run(loss=Failing())
    Run(model=run.model, optimizer=run.optimizer).train(2)
    before = run.state()
    with pytest.raises(error, match="stop"):
        run.find()
    assert run.state() == before
    assert Failing.calls == call


def test_sparse_buffers_and_shared_weights() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.out = nn.Linear(64, 64), nn.Linear(64, 64), nn.Linear(64, 10)
            self.two.weight = self.one.weight
            self.register_buffer("eye", torch.eye(64).to_sparse())

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(self.two(torch.sparse.mm(self.eye, self.one(x).T).T.relu()))

    run = Run(model=Tied())
    before = run.state()
    assert run.find()
    assert run.state() == before
    assert run.model.two.weight is run.model.one.weight


CHANGES = {
    "a weight": lambda run: run.model.body[0].weight.data.view(-1)[0].add_(1e-7),
    "a gradient": lambda run: run.model.body[0].weight.grad.zero_(),
    "a buffer": lambda run: run.model.body[1].running_mean.add_(1),
    "a mode": lambda run: run.model.body[3].eval(),
    "an attribute": lambda run: setattr(run.model, "calls", 99),
    "a moment": lambda run: next(iter(run.optimizer.state.values()))["exp_avg"].add_(1),
    "a rate": lambda run: run.optimizer.param_groups[0].update(lr=0.5),
    "the scheduler": lambda run: setattr(run.scheduler, "last_epoch", 9),
    "the scaler": lambda run: run.scaler.update(2.0),
    "the loader's generator": lambda run: run.loader.generator.manual_seed(6),
    "torch's generator": lambda run: torch.rand(1),
    "numpy's generator": lambda run: np.random.rand(),
    "Python's generator": lambda run: random.random(),
    "which object it is": lambda run: setattr(run.model.body[0], "bias", nn.Parameter(run.model.body[0].bias.detach())),
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_fingerprint_sees(change: str) -> None:
    run = Run(scaler=torch.amp.GradScaler("cpu"))
    run.scheduler = torch.optim.lr_scheduler.StepLR(run.optimizer, 5)
    run.scaler.scale(torch.ones(1))
    run.train(2)
    before = run.state()
    assert run.state() == before
    CHANGES[change](run)
    assert run.state() != before
