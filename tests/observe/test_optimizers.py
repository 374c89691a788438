"""The register of optimizers, and the count of passes over the training data."""

import gc

import torch
from torch.utils.data import DataLoader

from wellfit.model.place import Place
from wellfit.observe.epochs import Epochs
from wellfit.observe.moments import LoaderStarted, Totals
from wellfit.observe.optimizers import ROOM, Optimizers

LINE = Place("train.py", 3, "<module>")


def sgd(*parameters: torch.Tensor) -> torch.optim.SGD:
    return torch.optim.SGD(parameters or [torch.zeros(1, requires_grad=True)], lr=0.1)


def test_only_the_first_group_is_the_constructors() -> None:
    register, optimizer = Optimizers(), sgd()
    assert register.made(optimizer, LINE)
    assert not register.made(optimizer, Place("train.py", 9, "<module>"))
    assert register.find(optimizer).made_at == LINE


def test_what_was_held_stays_known_after_the_optimizer_is_gone() -> None:
    register, parameter = Optimizers(), torch.zeros(1, requires_grad=True)
    optimizer = sgd(parameter)
    register.note(register.find(optimizer), optimizer)
    del optimizer
    gc.collect()
    assert register.holder_of(parameter) == 0


def test_a_later_group_is_held_once_refreshed() -> None:
    register, optimizer, parameter = Optimizers(), sgd(), torch.zeros(1, requires_grad=True)
    register.find(optimizer)
    optimizer.add_param_group({"params": [parameter]})
    register.refresh()
    assert register.holder_of(parameter) == 0


def test_an_optimizer_made_each_step_does_not_fill_the_memory() -> None:
    register = Optimizers()
    for _ in range(4 * ROOM):
        last = register.find(sgd()).index
    assert last == 4 * ROOM - 1
    assert len(register.all) <= ROOM + 1


def start(loader: DataLoader, made_at: Place | None = None) -> LoaderStarted:  # type: ignore[type-arg]
    return LoaderStarted(loader, LINE, made_at)


def passes(epochs: Epochs, loader: DataLoader, steps: int) -> None:  # type: ignore[type-arg]
    epochs.started(start(loader))
    for _ in range(steps):
        epochs.stepped()


def test_epochs_are_passes_that_are_trained_on() -> None:
    totals = Totals()
    epochs, training, validation = Epochs(totals), DataLoader([1]), DataLoader([1])
    for _ in range(3):
        passes(epochs, training, 5)
        epochs.started(start(validation))
        totals.evaluation_forwards += 2
    epochs.stepped()
    assert (epochs.count, epochs.steps) == (3, 5)


def test_a_loader_made_anew_each_epoch_is_told_by_its_line() -> None:
    epochs = Epochs(Totals())
    for _ in range(3):
        epochs.started(start(DataLoader([1]), LINE))
        epochs.stepped()
    assert epochs.count == 3


def test_no_epoch_is_whole_before_the_second_begins() -> None:
    epochs = Epochs(Totals())
    passes(epochs, DataLoader([1]), 5)
    assert (epochs.count, epochs.steps) == (1, None)
