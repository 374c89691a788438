"""What a search around a plan may vary, centred on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from wellfit.recipes.setting import Setting

LR_FACTOR = 10.0
"""To either side: the learning rate is what a search should find first, within two orders of magnitude."""

SHORTEST, LONGEST = 0.2, 10.0
"""Of the run's epochs: the timescales of weight decay between which it acts (Wang and Aitchison 2024), with room."""


@dataclass(frozen=True, slots=True)
class Knob:
    """One thing to vary.

    Args:
        name: lr, timescale, dropout, augmentation, label_smoothing or stochastic_depth.
        kind: "log" (multiplied) or "linear" (added).
        low: least value.
        high: largest value.
        centre: the plan's.
        unit: of the value, in words.
    """

    name: str
    kind: Literal["log", "linear"]
    low: float
    high: float
    centre: float
    unit: str = ""


def knobs(
    values: dict[str, float | None], *, momentum: float, setting: Setting, has_dropout: bool, augments: bool
) -> Iterator[Knob]:
    """The knobs of a plan.

    The decay is given as the time that the weights remember, 1 / (lr * weight_decay * steps per epoch), in epochs:
    unlike the decay itself it need not move when the learning rate does.

    Args:
        values: lr, weight_decay, dropout, label_smoothing, stochastic_depth of the plan.
        momentum: of SGD, whose rate is the larger for it by 1 / (1 - momentum).
        setting: the run.
        has_dropout: whether the model has dropout to set.
        augments: whether the plan augments images.
    """
    lr = values["lr"] or 1e-3
    yield Knob("lr", "log", lr / LR_FACTOR, lr * LR_FACTOR, lr, "peak learning rate")
    decay = values.get("weight_decay") or 0.0
    shortest, longest = SHORTEST * setting.epochs, LONGEST * setting.epochs
    centre = (1 - momentum) / (lr * decay * setting.steps_per_epoch) if decay else longest
    yield Knob(
        "timescale", "log", min(shortest, centre), max(longest, centre), centre, "epochs that the weights remember"
    )
    if has_dropout:
        yield Knob("dropout", "linear", 0.0, 0.8, values.get("dropout") or 0.0, "chance")
    if augments:
        yield Knob("augmentation", "linear", 0.0, 1.0, 1.0, "strength of plan.augment")
    if values.get("label_smoothing") is not None:
        yield Knob("label_smoothing", "linear", 0.0, 0.2, values["label_smoothing"] or 0.0, "share of the label")
    if values.get("stochastic_depth") is not None:
        yield Knob("stochastic_depth", "linear", 0.0, 0.5, values["stochastic_depth"] or 0.0, "chance")
