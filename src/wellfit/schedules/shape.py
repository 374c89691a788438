"""What a schedule is: a function of the step, and what it promises."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Shape:
    """One schedule.

    Attributes:
        factor: the multiplier of the peak rate, from the step, the length of the run, and options by keyword.
        falls: whether the multiplier starts at 1 and never rises.
        reaches_floor: whether it ends at the option `min_ratio` exactly.
        counts_warmup: whether its options are shares of the whole run; elsewhere it starts where the warmup ends.
        warms_itself: whether it rises by itself, so that a warmup before it is a mistake.
    """

    factor: Callable[..., float]
    falls: bool = True
    reaches_floor: bool = True
    counts_warmup: bool = False
    warms_itself: bool = False

    @property
    def name(self) -> str:
        """As it is asked for."""
        return self.factor.__name__

    @cached_property
    def options(self) -> tuple[str, ...]:
        """What may be set by keyword."""
        return tuple(p.name for p in inspect.signature(self.factor).parameters.values() if p.kind is p.KEYWORD_ONLY)
