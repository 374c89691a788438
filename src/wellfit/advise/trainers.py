"""How long the trainer of a framework says that the run is, where the loop is its own."""

import math
from types import FrameType
from typing import Any

FRAMEWORKS = ("lightning", "pytorch_lightning")
"""Packages whose trainers are asked."""

STEPS = "estimated_stepping_batches"
"""Of Lightning's trainer: optimizer steps in the whole run."""

MOST_FRAMES = 100
"""Calls around a step that are looked at."""


def trainer_steps(frame: FrameType | None) -> int | None:
    """Optimizer steps of the whole run as a trainer around this call has them; None where there is none, or no end.

    Args:
        frame: of the step.
    """
    for _ in range(MOST_FRAMES):
        if frame is None:
            return None
        owner = frame.f_locals.get("self") if _is_of_framework(frame) else None
        if owner is not None and hasattr(type(owner), STEPS):
            return _whole(owner)
        frame = frame.f_back
    return None


def _is_of_framework(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in FRAMEWORKS


def _whole(trainer: Any) -> int | None:
    steps = getattr(trainer, STEPS)
    return int(steps) if isinstance(steps, (int, float)) and math.isfinite(steps) and steps > 0 else None
