"""Find a learning rate for a run, from short trainings that leave no trace."""

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from torch import nn
from torch.optim import Optimizer

from wellfit.errors import WellfitError
from wellfit.find.asked import Asked, check
from wellfit.find.batches import Batches, held_batches
from wellfit.find.budget import most_steps
from wellfit.find.defaults import default_rate, learning_slope
from wellfit.find.doubts import doubts
from wellfit.find.found import LrFound
from wellfit.find.loop import Loop
from wellfit.find.passes import passes_of_their_own
from wellfit.find.planned import planned_factor
from wellfit.find.rates import Rates
from wellfit.find.search import Result, Terms, search
from wellfit.find.snapshot import Snapshot, held_as_it_is
from wellfit.find.trace import fingerprint
from wellfit.find.training import Training

Found = TypeVar("Found")

EPOCHS = 10


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
    repeats: int | None = None,
    seed: int = 0,
) -> LrFound:
    """Find the learning rate with which a planned run ends at the lowest held-out loss.

    One multiplier moves the rates of all groups, so their ratios stay. Afterwards everything is put back, bit for bit,
    and that is checked. Hooks that an optimizer calls after its steps do not run. docs/finders.md says how it works.

    Args:
        model: is trained and put back; parts in evaluation mode stay in it.
        loader: gives batches and can be gone through again.
        loss: `loss(model(inputs), targets)` where a batch is a pair, `loss(model, batch)` where it is anything else.
        optimizer: one, or all that are stepped together, with the rates that the multiplier is to act on.
        validation: batches, or one pair of tensors; without it a fifth of the loader's batches is held back.
        steps: optimizer steps of the real run; by default ten times through the loader.
        scheduler: of the run: a name of `wellfit.schedule`, one of torch's that steps once after each optimizer step,
            a function from the share of the run to the share of the peak, or None for a constant rate.
        scaler: a GradScaler; the forward then runs under autocast.
        accumulate: >= 1; batches of one optimizer step.
        budget: optimizer steps that the search may take; by default `steps`, but at most 1,000 or a fifth of it.
        repeats: >= 1; how often the longest legs are run, on other batches; each time after the first takes about half
            of the budget beyond it. By default 1; 3 where fewer than 100 samples are held back, without a `budget`.
        seed: of everything random in the search.

    Returns:
        The rate with its interval, or a verdict why there is none; `found.apply(optimizer)` writes it.

    Raises:
        ValueError: something cannot be searched with; names all that is wrong.
        TypeError: the same for a scheduler or a loss of another kind.

    Example:
        >>> import torch
        >>> _ = torch.manual_seed(0)
        >>> data = [(part, part.sum(1, keepdim=True)) for part in torch.randn(256, 4).split(32)]
        >>> model = torch.nn.Linear(4, 1)
        >>> found = find_lr(model, data, torch.nn.MSELoss(), torch.optim.Adam(model.parameters()), steps=100)
        >>> 0.01 < found.lr < 1
        True
    """
    began = time.perf_counter()
    optimizers = [optimizer] if isinstance(optimizer, Optimizer) else list(optimizer)
    planned = steps_of(loader, accumulate) if steps is None else steps
    most, times = _within(budget, repeats, planned)
    asked = Asked(model, loader, loss, optimizers, validation, planned, most, scaler, accumulate, seed, times)
    check(asked)
    rates = Rates(optimizers, peaks=hasattr(scheduler, "optimizer"))
    return _found(*_searched(asked, scheduler, rates), asked, rates, time.perf_counter() - began)


def _within(budget: int | None, repeats: int | None, planned: int) -> tuple[int, int | None]:
    """Steps of the search, and how often its longest legs are run: once where a budget is to be kept."""
    if budget is not None:
        return budget, 1 if repeats is None else repeats
    return most_steps(planned) if isinstance(planned, int) else planned, repeats


def _searched(asked: Asked, scheduler: Any, rates: Rates) -> tuple[Result, Training]:
    factor = planned_factor(scheduler, asked.steps)
    epoch = steps_of_a_pass(asked.loader, asked.accumulate)
    default = default_rate(_kind(asked))
    usual = default / rates.largest if default else None
    terms = Terms(asked.steps, asked.budget, factor, learning_slope(_kind(asked)), epoch, usual, asked.repeats)
    return within(asked, scheduler, rates, lambda training: search(training, terms))


def within(asked: Asked, scheduler: Any, rates: Rates, look: Callable[[Training], Found]) -> tuple[Found, Training]:
    """Have something looked for in short trainings, put everything back, and hold it against what it was.

    Args:
        asked: what trains.
        scheduler: that is at work; None where there is none.
        rates: of its optimizers.
        look: trains as it likes.

    Raises:
        ValueError: there are no batches.
        WellfitError: something could not be put back.
    """
    parts = (asked.model, asked.loss, *asked.optimizers, scheduler, asked.scaler, asked.loader, asked.validation)
    before = fingerprint(*parts)
    live = Snapshot(asked.model, asked.loss, asked.optimizers, asked.scaler, scheduler)
    held = held_as_it_is(live, Snapshot(asked.loader, asked.validation, data=True))
    with held, passes_of_their_own(asked.loader, asked.validation):
        training = _training(asked, rates, live)
        found = look(training)
    if fingerprint(*parts) != before:
        raise WellfitError("the search could not put everything back as it was: make model and optimizer anew")
    return found, training


def _kind(asked: Asked) -> str:
    return type(asked.optimizers[0]).__name__


def _training(asked: Asked, rates: Rates, live: Snapshot) -> Training:
    batches = Batches(asked.loader, hold_back=asked.validation is None)
    held = held_batches(asked.validation) if asked.validation is not None else []
    judged = held or batches.held()
    missing = [
        name for name, some in (("loader", batches.first()), ("validation", judged)) if some is None or some == []
    ]
    if missing:
        raise ValueError("; ".join(f"{name} gives no batches" for name in missing))
    loop = Loop(asked.model, asked.loss, asked.optimizers, live, asked.scaler, asked.accumulate, asked.seed)
    return Training(loop, rates, batches, held)


def _judged_on(training: Training) -> str:
    if training.validation:
        return f"{training.rows:,} validation samples"
    return f"{training.rows:,} samples, {len(training.held())} batches held back from the loader"


def _found(result: Result, training: Training, asked: Asked, rates: Rates, seconds: float) -> LrFound:
    base, default, multiplier = rates.bases[0], default_rate(_kind(asked)), result.multiplier
    return LrFound(
        lr=None if multiplier is None else base * multiplier,
        lrs=() if multiplier is None else rates.at(multiplier),
        multiplier=multiplier,
        interval=(result.interval[0] * base, result.interval[1] * base) if result.interval else None,
        verdict=result.verdict,
        reason=result.reason,
        planned=asked.steps,
        steps=training.steps,
        seconds=seconds,
        default=default,
        default_excess=result.excess_of(default / base) if default and base else None,
        judged_on=_judged_on(training),
        repeats=() if multiplier is None else tuple(base * 10**log for log in result.repeats),
        notices=tuple(doubts(result, training.rows)),
        base=base,
        kind=_kind(asked),
        sweep=result.sweep,
        legs=result.legs,
    )


def steps_of(loader: Iterable[Any], accumulate: int) -> int:
    """Optimizer steps of ten epochs; 0 where the loader does not know its length."""
    epoch = steps_of_a_pass(loader, max(1, int(accumulate)))
    return int(EPOCHS * epoch) if epoch else 0


def steps_of_a_pass(loader: Iterable[Any], accumulate: int) -> float | None:
    """Optimizer steps of one epoch; None where the loader does not know its length."""
    try:
        return len(loader) / accumulate  # type: ignore[arg-type]
    except TypeError:
        return None
