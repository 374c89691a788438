"""Find out whether warmup is needed, and how much."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import nn
from torch.optim import Optimizer

from wellfit.find.asked import Asked, check
from wellfit.find.lr import steps_of, within
from wellfit.find.rates import Rates
from wellfit.find.stability import AIM, Stood, standing


@dataclass(frozen=True)
class WarmupFound:
    """What `find_warmup` returns; readable when printed.

    Attributes:
        steps: the shortest warmup, by powers of ten, with which ten times the rate is stood that is stood without; of
            those that lift it less, the one that lifts it most; 0 where none lifts it.
        unwarmed: highest rate of the first group that is stood without a warmup, in half decades; None where every
            rate that was tried is stood.
        warmed: the same with `steps` of warmup.
        tried: (steps of warmup, highest rate that was stood).
        taken: optimizer steps that the search took.
        seconds: that it took.
    """

    steps: int
    unwarmed: float | None
    warmed: float | None
    tried: tuple[tuple[int, float], ...]
    taken: int
    seconds: float

    def __str__(self) -> str:
        cost = f"cost    {self.taken} optimizer steps, {self.seconds:.1f} s"
        if self.unwarmed is None:
            return f"warmup  none needed: no rate up to 100 breaks the training\n{cost}"
        lines = [f"        {steps:>6,} steps of warmup stand {rate:.2g}" for steps, rate in self.tried]
        lifted = "none of those tried lifts the highest rate"
        if self.steps:
            lifted = f"{self.steps:,} steps lift the highest rate from {self.unwarmed:.2g} to {self.warmed:.2g}"
        return "\n".join([f"warmup  {lifted}", *lines, cost])


def find_warmup(  # noqa: PLR0913  # one call says all that is known of the run
    model: nn.Module,
    loader: Iterable[Any],
    loss: Callable[..., Any],
    optimizer: Optimizer | Sequence[Optimizer],
    *,
    steps: int | None = None,
    scaler: Any = None,
    accumulate: int = 1,
    seed: int = 0,
) -> WarmupFound:
    """Find the shortest warmup with which a training stands ten times the rate that it stands without.

    Lengths are tried by orders of magnitude, up to a tenth of the run. A rate is stood where the loss, thirty steps
    after the warmup, has not risen above its start by more than it had fallen. Whether the higher rate also ends lower
    is for `find_lr` to say, with that warmup in its `scheduler`. Afterwards everything is put back, bit for bit.

    Args:
        model: is trained and put back.
        loader: gives batches and can be gone through again.
        loss: as `find_lr` takes it.
        optimizer: one, or all that are stepped together; one multiplier moves all of their rates.
        steps: optimizer steps of the real run; by default ten times through the loader.
        scaler: a GradScaler; the forward then runs under autocast.
        accumulate: >= 1; batches of one optimizer step.
        seed: of everything random in the search.

    Returns:
        The warmup and the rates that are stood with and without it.

    Raises:
        ValueError: something cannot be searched with; names all that is wrong.

    Source:
        Godbole et al. 2023, Deep Learning Tuning Playbook, "How can optimization failures be debugged and mitigated?":
        github.com/google-research/tuning_playbook
    """
    began = time.perf_counter()
    optimizers = [optimizer] if isinstance(optimizer, Optimizer) else list(optimizer)
    planned = steps_of(loader, accumulate) if steps is None else steps
    asked = Asked(model, loader, loss, optimizers, None, planned, planned, scaler, accumulate, seed)
    check(asked)
    rates = Rates(optimizers, peaks=False)
    stood, training = within(asked, None, rates, lambda training: tuple(standing(training, planned)))
    return _told(stood, rates.bases[0], training.steps, time.perf_counter() - began)


def _told(stood: tuple[Stood, ...], base: float, taken: int, seconds: float) -> WarmupFound:
    if not stood:
        return WarmupFound(0, None, None, (), taken, seconds)
    plain = stood[0].multiplier
    best = max(stood, key=lambda one: (min(one.multiplier, AIM * plain), -one.warmup))
    return WarmupFound(
        steps=best.warmup,
        unwarmed=plain * base,
        warmed=best.multiplier * base,
        tried=tuple((one.warmup, one.multiplier * base) for one in stood),
        taken=taken,
        seconds=seconds,
    )
