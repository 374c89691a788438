"""Events about evaluations."""

from dataclasses import dataclass
from typing import Literal

from wellfit.model.place import Place

Excuse = Literal["", "repeated", "reused"]


@dataclass(frozen=True, slots=True)
class TrainModePassSeen:
    """A pass without gradients over a trained module in training mode, with layers that act there, has ended.

    A pass is what lies between two training forward passes of the module.

    Args:
        step: optimizer steps before it ended.
        root: number of the module, in order of first call.
        kind: its class name.
        place: the line that called the module first in the pass.
        calls: forward passes.
        looked_at: of these, watched operation by operation.
        scored: of these, with an output that was held against a target, or read on another data set.
        against: how: names of loss functions, "labels" (compared), "residual" (subtracted), or "reading".
        rows: rows of the inputs.
        layers: class names of its layers that act in training mode, with how many there are.
        excuse: "repeated" where the same rows came again and again (dropout as a sampler), "reused" where they were
            trained on right before or after (mining, rollouts).
    """

    step: int
    root: int
    kind: str
    place: Place | None
    calls: int
    looked_at: int
    scored: int
    against: tuple[str, ...]
    rows: int
    layers: dict[str, int]
    excuse: Excuse
