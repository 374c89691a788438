"""Step with learning rates that are multiples of the program's own."""

import math
import weakref
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from wellfit.intervene.intervention import MOST_NOTED, wrap
from wellfit.intervene.made_optimizer import MadeOptimizer
from wellfit.model.events.rates import RatesSeen
from wellfit.model.place import Place
from wellfit.schedules.declared import declared
from wellfit.schedules.simulate import simulate

UNTOLD = 1000
"""Calls of a scheduler that does not say how long it is, within which its peak is looked for."""


@dataclass
class _Known:
    """One optimizer."""

    kind: str
    made_at: Place | None
    made: list[float] = field(default_factory=list)
    seen: set[tuple[float, ...]] = field(default_factory=set)
    steps: int = 0
    scheduler: str = ""
    scheduled_at: Place | None = None
    scheduled: tuple[float, ...] = ()
    stepped_at: dict[Place, None] = field(default_factory=dict)


class MultiplyRates(MadeOptimizer):
    """Each step is taken with all rates times one factor, so that their ratios stay; between steps they are as before.

    `multipliers` has the factor of each step; the last one stays. With `peaks`, of each optimizer the highest rates of
    its groups, these are multiplied, in place of what the program has set. Schedules and logs never see a factor.
    What the rates are is reported.
    """

    name = "multiply_rates"
    options = frozenset({"multipliers", "peaks"})

    def install(self) -> None:
        """Follow the optimizers, and see the schedulers made."""
        self._known: weakref.WeakKeyDictionary[Optimizer, int] = weakref.WeakKeyDictionary()
        self._all: list[_Known] = []
        self._own: list[Any] = []
        self._depth = 0
        super().install()
        for kind in (LRScheduler, *_below(LRScheduler)):
            if "__init__" in vars(kind):
                wrap((kind,), "__init__", self._around_scheduler)

    def made(self, optimizer: Optimizer, group: dict[str, Any]) -> None:
        """Note the group's rate."""
        if optimizer not in self._known:
            self._known[optimizer] = len(self._all)
            self._all.append(_Known(type(optimizer).__name__, self.sites.user_line()))
        if "lr" in group:
            self._all[self._known[optimizer]].made.append(float(group["lr"]))

    def before_step(self, optimizer: Optimizer) -> None:
        """Multiply."""
        number = self._known[optimizer]
        known = self._all[number]
        groups = [group for group in optimizer.param_groups if "lr" in group]
        known.seen.add(tuple(float(group["lr"]) for group in groups))
        self._note_line(known)
        factor = self._factor(known.steps)
        known.steps += 1  # before the step: the last one of a run is ended by those who hear of it first
        peaks = self.cure.options.get("peaks")
        self._own = [(group, group["lr"]) for group in groups]
        if not groups or (factor == 1 and not peaks):
            return
        for place, (group, own) in enumerate(self._own):
            rate = peaks[number][place] if peaks and place < len(peaks[number]) else float(own)
            group["lr"] = _like(own, rate * factor)
        self.applied()

    def _note_line(self, known: _Known) -> None:
        line = self.sites.own_line() if known.steps < MOST_NOTED else None
        if line is not None:
            known.stepped_at[line] = None

    def after_step(self, _: Optimizer) -> None:
        """Put the program's own rates back."""
        for group, own in self._own:
            group["lr"] = own
        self._own = []

    def scores(self) -> Iterator[RatesSeen]:
        """What the rates are, of each optimizer."""
        for number, known in enumerate(self._all):
            by_hand = not known.scheduler and bool(known.seen - {tuple(known.made)})
            set_later = tuple(map(max, zip(*known.seen, strict=True))) if by_hand else ()
            peaks = known.scheduled or set_later or tuple(known.made)
            yield RatesSeen(
                optimizer=number,
                kind=known.kind,
                made_at=known.made_at,
                peaks=peaks,
                steps=known.steps,
                scheduler=known.scheduler,
                scheduled_at=known.scheduled_at,
                by_hand=by_hand,
                stepped_at=tuple(known.stepped_at),
                made=tuple(known.made),
            )

    def _factor(self, step: int) -> float:
        multipliers = self.cure.options.get("multipliers") or [1.0]
        return float(multipliers[min(step, len(multipliers) - 1)])

    def _around_scheduler(self, original: Any) -> Any:
        def make(scheduler: Any, *args: Any, **kwargs: Any) -> None:
            self._depth += 1  # constructors call those of their base
            try:
                original(scheduler, *args, **kwargs)
            finally:
                self._depth -= 1
            if not self._depth:
                self._note_scheduler(scheduler)

        return make

    def _note_scheduler(self, scheduler: Any) -> None:
        """Its peaks; of several, those that are composed of others are made last."""
        optimizer = scheduler.optimizer
        optimizer = getattr(optimizer, "optimizer", optimizer)  # wrapped, as accelerate does
        if optimizer not in self._known:
            return
        known = self._all[self._known[optimizer]]
        known.scheduler = type(scheduler).__name__
        known.scheduled_at = self.sites.user_line()
        if not self.cure.options:  # looking ahead calls functions of the program's
            known.scheduled = peaks_of(scheduler)


def peaks_of(scheduler: Any) -> tuple[float, ...]:
    """The highest rate of each parameter group in the whole of a schedule that has not begun."""
    bases = tuple(float(group["lr"]) for group in scheduler.optimizer.param_groups)
    if isinstance(scheduler, ReduceLROnPlateau):
        return bases
    calls = declared(scheduler).length or UNTOLD
    groups = scheduler.optimizer.param_groups
    seen = (max(rates) for rates in simulate(scheduler, 0, calls, ()).rates)
    highest = tuple(_named_peak(group, rate) for group, rate in zip(groups, seen, strict=True))
    return highest if all(map(math.isfinite, highest)) and any(highest) else bases


def _named_peak(group: dict[str, Any], rate: float) -> float:
    """The peak that OneCycleLR was told, where it falls between two steps."""
    named = group.get("max_lr")
    return float(named) if isinstance(named, (int, float)) and math.isclose(rate, named, rel_tol=0.05) else rate


def _like(own: Any, rate: float) -> Any:
    """The rate as the group keeps it: fused and captured steps may want a tensor."""
    return own.new_full(own.shape, rate) if isinstance(own, Tensor) else rate


def _below(kind: type[Any]) -> Iterator[type[Any]]:
    for sub in kind.__subclasses__():
        yield sub
        yield from _below(sub)
