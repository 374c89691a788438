"""Find a learning rate for a run, from short trainings that leave no trace."""

import time
from collections.abc import Callable, Iterable, Sequence, Sized
from typing import Any

from torch import nn
from torch.optim import Optimizer

from wellfit.errors import WellfitError
from wellfit.find.asked import Asked, mistakes_of
from wellfit.find.found import LrFound
from wellfit.find.planned import planned_factor
from wellfit.find.search import Search
from wellfit.find.snapshot import Snapshot, held_as_it_is
from wellfit.find.trace import fingerprint

EPOCHS = 10

MOST_STEPS = 1000
"""Optimizer steps that a search takes unless told otherwise: longer runs are extrapolated to."""


def find_lr(  # noqa: PLR0913  # one call says all that is known of the run
    model: nn.Module,
    loader: Iterable[Any],
    loss: Callable[..., Any],
    optimizer: Optimizer | Sequence[Optimizer],
    *,
    validation: Iterable[Any] | None = None,
    steps: int | None = None,
    scheduler: Any = None,
    scaler: Any = None,
    accumulate: int = 1,
    budget: int | None = None,
    seed: int = 0,
) -> LrFound:
    """Find the learning rate with which a planned run ends at the lowest held-out loss.

    One multiplier moves the rates of all parameter groups, so their ratios stay. A sweep finds the rate at which
    training breaks; short trainings below it, each with the planned schedule from start to end, are judged on held-out
    loss; what wins at several lengths is extrapolated to the planned one. Everything is then put back, bit for bit,
    and that is checked: model, optimizer, scheduler, scaler, generators and loader are as they were before the call.
    Hooks that an optimizer calls after its steps do not run.

    Args:
        model: is trained and put back; parts in evaluation mode stay in it.
        loader: gives batches and can be gone through again.
        loss: `loss(model(inputs), targets)` where a batch is a pair, `loss(model, batch)` where it is anything else.
        optimizer: one, or all that are stepped together, with the rates that the multiplier is to act on.
        validation: batches like the loader's, or one batch as a pair of tensors; without it a fifth of the loader's
            batches is held back for the search.
        steps: optimizer steps of the real run; by default ten times through the loader.
        scheduler: what the run will have: a schedule of `wellfit.schedule` by name, one of torch's schedulers that
            steps once after each optimizer step, a function from the share of the run in [0, 1] to the share of the
            peak, or None for a constant rate.
        scaler: a GradScaler; the forward then runs under autocast.
        accumulate: >= 1; batches of one optimizer step.
        budget: optimizer steps that the search may take; by default `steps`, and 1,000 at the most.
        seed: of everything random in the search.

    Returns:
        The rate with its interval, or a verdict why there is none. Nothing is written into the optimizer:
        `found.apply(optimizer)` does that.

    Raises:
        ValueError: something cannot be searched with; names all that is wrong.
        TypeError: the same for a scheduler or a loss of another kind.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> x = torch.randn(256, 4)
        >>> data = [(part, part.sum(1, keepdim=True)) for part in x.split(32)]
        >>> model = torch.nn.Linear(4, 1)
        >>> optimizer = torch.optim.Adam(model.parameters())
        >>> found = find_lr(model, data, torch.nn.MSELoss(), optimizer, steps=100, scheduler="cosine")
        >>> 0.01 < found.lr < 1
        True
    """
    began = time.perf_counter()
    optimizers = [optimizer] if isinstance(optimizer, Optimizer) else list(optimizer)
    planned = steps_of(loader, accumulate) if steps is None else steps
    most = budget if budget is not None else min(planned, MOST_STEPS) if isinstance(planned, int) else planned
    asked = Asked(model, loader, loss, optimizers, validation, planned, most, scaler, accumulate, seed)
    mistakes = list(mistakes_of(asked))
    if mistakes:
        raise ValueError("; ".join(mistakes))
    factor = planned_factor(scheduler, planned)
    parts = (model, loss, *optimizers, scheduler, scaler, loader, validation)
    before = fingerprint(*parts)
    live = Snapshot(model, loss, optimizers, scaler, scheduler)
    with held_as_it_is(live, Snapshot(loader, validation, data=True)):
        search = Search(asked, factor, live, peaks=hasattr(scheduler, "optimizer"))
        search.run()
    if fingerprint(*parts) != before:
        raise WellfitError("the search could not put everything back as it was: make model and optimizer anew")
    return search.found(time.perf_counter() - began)


def steps_of(loader: Iterable[Any], accumulate: int) -> int:
    """Optimizer steps of ten epochs; 0 where the loader does not know its length."""
    batches = len(loader) if isinstance(loader, Sized) else 0
    return EPOCHS * batches // max(1, int(accumulate))
