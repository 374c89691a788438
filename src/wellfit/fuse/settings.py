"""What the optimizer's step of each trial is made with: read from its setting, checked, filled up."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from wellfit.errors import raise_all
from wellfit.fuse.task import KINDS, FusedTask, Setting
from wellfit.schedules.curve import Curve


@dataclass(frozen=True)
class Known:
    """One number that the step knows.

    Attributes:
        default: where a setting does not name it.
        low: least value.
        below: what it must stay below; inf where there is no bound.
        kinds: optimizers that it concerns.
    """

    default: float
    low: float = 0.0
    below: float = math.inf
    kinds: tuple[str, ...] = KINDS


ADAM = ("adamw", "adam")
KNOWN = {
    "lr": Known(1e-3),
    "weight_decay": Known(0.0),
    "momentum": Known(0.0, below=1.0, kinds=("sgd",)),
    "nesterov": Known(0.0, below=1.5, kinds=("sgd",)),
    "beta1": Known(0.9, below=1.0, kinds=ADAM),
    "beta2": Known(0.999, below=1.0, kinds=ADAM),
    "eps": Known(1e-8, kinds=ADAM),
    "label_smoothing": Known(0.0, below=1.0),
    "input_noise": Known(0.0),
    "clip_norm": Known(math.inf),
    "warmup": Known(0),
}
"""Numbers by name; nesterov is 0 or 1, clip_norm inf clips nothing, warmup is steps (int) or a share of the run."""

DECAY = {"adamw": 1e-2}
"""Weight decay where a setting names none: torch's own default."""


@dataclass(frozen=True)
class Step:
    """What the steps of one trial are made with.

    Attributes:
        numbers: all of `KNOWN`, by name.
        factors: the multiplier of the learning rate at each step.
    """

    numbers: dict[str, float]
    factors: tuple[float, ...]

    @property
    def betas(self) -> tuple[float, float]:
        """Of Adam's two averages."""
        return self.numbers["beta1"], self.numbers["beta2"]


def steps_of(task: FusedTask, settings: Sequence[Setting]) -> list[Step]:
    """What each setting's steps are made with.

    Raises:
        UsageError: a value is out of range or of the wrong kind; all such of all settings at once.
    """
    raise_all([f"setting {i}: {m}" for i, s in enumerate(settings) for m in mistakes(task, s)])
    factors: dict[tuple[str, Any], tuple[float, ...]] = {}
    found = []
    for setting in settings:
        warmup: Any = setting.get("warmup", 0)
        key = (str(setting.get("schedule", "constant")), warmup)
        if key not in factors:
            curve = Curve(key[0], task.steps, warmup=warmup)
            factors[key] = tuple(curve.factor(step) for step in range(task.steps))
        found.append(Step(_numbers(task, setting), factors[key]))
    return found


def _numbers(task: FusedTask, setting: Setting) -> dict[str, float]:
    filled = {name: known.default for name, known in KNOWN.items()}
    filled["weight_decay"] = DECAY.get(task.optimizer, 0.0)
    return filled | {name: float(setting[name]) for name in KNOWN if name in setting}


def mistakes(task: FusedTask, setting: Setting) -> Iterator[str]:
    """What is wrong with the values that the step reads, a sentence each."""
    for name in KNOWN.keys() & setting.keys():
        yield from _of_number(task, name, setting[name])
    if not any(_of_number(task, "warmup", setting.get("warmup", 0))):
        try:
            Curve(str(setting.get("schedule", "constant")), task.steps, warmup=setting.get("warmup", 0))  # type: ignore[arg-type]
        except ValueError as error:
            yield str(error)


def _of_number(task: FusedTask, name: str, value: object) -> Iterator[str]:
    known = KNOWN[name]
    if task.optimizer not in known.kinds:
        yield f"{name} is not read by {task.optimizer}, only by {' and '.join(known.kinds)}"
    elif isinstance(value, str) or not isinstance(value, (int, float)):
        yield f"{name} must be a number, got {value!r}"
    elif not known.low <= value < known.below and not (value == math.inf == known.below and name == "clip_norm"):
        bound = f"in [{known.low:g}, {known.below:g})" if math.isfinite(known.below) else f">= {known.low:g} and finite"
        yield f"{name} must be {bound}, got {value!r}"


def unread(settings: Sequence[Setting], read: set[str]) -> Iterator[str]:
    """Names that neither the step nor `build` looked at, a sentence each.

    Args:
        settings: of all trials.
        read: names that `build` read in any of them.
    """
    known = read | KNOWN.keys() | {"schedule"}
    for name in sorted({name for setting in settings for name in setting} - known):
        close = get_close_matches(name, known, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        yield f"nothing reads the hyperparameter {name!r}: neither build(hp) nor the optimizer's step{hint}"
