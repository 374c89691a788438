"""What cannot be searched with is said in a sentence with the value, and nothing is changed."""

import re

import pytest
import torch
from searching import Net, Run, digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from wellfit.find.lr import find_lr

NONE = torch.empty(0, 64), torch.empty(0, dtype=torch.long)


def one_batch() -> DataLoader:
    x, y = digits()
    return DataLoader(TensorDataset(x[:40], y[:40]), batch_size=40)


def frozen() -> nn.Module:
    model = Net()
    model.requires_grad_(requires_grad=False)
    return model


BAD = {
    "one batch and no validation": (lambda: {"loader": one_batch(), "validation": None}, "loader has 1 batch"),
    "an empty loader": (lambda: {"loader": DataLoader(TensorDataset(*NONE), batch_size=4)}, "loader has no batches"),
    "an empty list": (lambda: {"loader": []}, "loader has no batches"),
    "a generator": (lambda: {"loader": (b for b in [digits()])}, "gone through again, got a generator"),
    "a number": (lambda: {"loader": 3}, "loader must give batches, got int"),
    "empty validation": (lambda: {"validation": []}, "validation has no batches"),
    "no steps": (lambda: {"steps": 0}, "steps must be a whole number >= 1, got 0"),
    "half steps": (lambda: {"steps": 10.5}, "steps must be a whole number >= 1, got 10.5"),
    "no budget": (lambda: {"budget": -3}, "budget must be a whole number >= 1, got -3"),
    "no repeats": (lambda: {"repeats": 0}, "repeats must be a whole number >= 1, got 0"),
    "no accumulation": (lambda: {"accumulate": 0}, "accumulate must be a whole number >= 1, got 0"),
    "no model": (lambda: {"model": len}, "model must be a torch.nn.Module, got builtin_function_or_method"),
    "no loss": (lambda: {"loss": "mse"}, "loss must be callable, got str"),
    "no optimizer": (lambda: {"optimizer": []}, "one or more optimizers, got none"),
    "something else": (lambda: {"optimizer": [0.1]}, "optimizer must be a torch.optim.Optimizer, got float"),
    "a schedule by a wrong name": (lambda: {"scheduler": "cosin"}, "did you mean 'cosine'"),
    "a lazy model": (lambda: {"model": nn.LazyLinear(10)}, "model has parameters without a shape (weight)"),
}


def call(**given: object) -> object:
    run = Run()
    given = {"model": run.model, "loader": run.loader, "loss": run.loss, "optimizer": run.optimizer} | given
    given = {"steps": 80, "validation": run.validation} | given
    first = [given.pop(name) for name in ("model", "loader", "loss", "optimizer")]
    before = run.state()
    try:
        return find_lr(*first, **given)
    finally:
        assert run.state() == before


@pytest.mark.parametrize("case", BAD)
def test_bad_input(case: str) -> None:
    make, sentence = BAD[case]
    with pytest.raises(ValueError, match=re.escape(sentence)):
        call(**make())


def test_all_mistakes_of_one_call_are_said_at_once() -> None:
    with pytest.raises(ValueError, match=r"loader has no batches; .*budget must be"):
        call(loader=[], budget=0)


def test_parameters_without_gradients() -> None:
    model = frozen()
    with pytest.raises(ValueError, match="6 parameters, and none of them takes gradients"):
        call(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1))


def test_a_loss_that_no_parameter_has_a_part_in() -> None:
    with pytest.raises(ValueError, match="loss does not depend on any parameter"):
        call(loss=lambda _, target: target.float().mean())


def test_an_optimizer_without_groups() -> None:
    run = Run()
    run.optimizer.param_groups.clear()
    with pytest.raises(ValueError, match="Adam has no parameter groups"):
        run.find()


def test_a_rate_of_0_cannot_be_multiplied() -> None:
    run = Run(model=(model := Net()), optimizer=torch.optim.SGD(model.parameters(), lr=0.0))
    with pytest.raises(ValueError, match="lr is 0 in every group of SGD"):
        run.find()


def test_an_optimizer_that_asks_for_the_loss() -> None:
    run = Run(model=(model := Net()), optimizer=torch.optim.LBFGS(model.parameters()))
    with pytest.raises(ValueError, match="LBFGS asks for the loss several times a step"):
        run.find()


def test_a_schedule_that_follows_a_metric() -> None:
    run = Run()
    run.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(run.optimizer)
    with pytest.raises(TypeError, match="scheduler follows a metric"):
        run.find()


def test_a_loss_that_is_no_number() -> None:
    with pytest.raises(TypeError, match=r"loss must give a tensor of one number, got Tensor of shape \(40, 10\)"):
        call(loss=lambda output, _: output)
