"""The model is in evaluation mode from the first training step on.

## Why it hurts
Dropout does not regularize and batch norm never learns its statistics. Models from `from_pretrained` and models that
were evaluated once before training come in this mode, and nothing says so.

## How it is seen
Every forward pass with gradients of a module ran in evaluation mode since the start of the run, gradients reach it,
and an optimizer steps on at least half of its parameters. It holds dropout or batch norm, all of it in evaluation
mode. Three such iterations make the finding. A module of which only a part is trained is not meant: its mode is
chosen.

## What it cannot see
Whether the mode was chosen on purpose for a model that is trained as a whole; hence a warning.

## Fix
Call `model.train()` before the training loop.

## Sources
Hugging Face documentation, `from_pretrained`: the model is set in evaluation mode by default.
"""

from collections.abc import Mapping

from wellfit.model.cure import Cure
from wellfit.model.events.loop import TrainingModeSeen
from wellfit.model.facts.loop import TrainingModes
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, rule

MIN_ITERATIONS = 3  # iterations; fewer may be a warm-up


@rule("WF205", "training-in-eval-mode-from-start", severity="warning", since="0.1")
def training_in_eval_mode_from_start(modes: TrainingModes) -> Answers:
    """Judge each module that was never called in training mode before."""
    for seen in modes.by_root.values():
        guilty = [s for s in seen if not s.training and s.layers and not s.trained_before]
        if len(guilty) >= MIN_ITERATIONS:
            yield _find(guilty, len(seen))


def _find(guilty: list[TrainingModeSeen], watched: int) -> Finding:
    first = guilty[0]
    where = first.mode_at or first.forward_at
    related = first.forward_at if where != first.forward_at else None
    return Finding(
        where=where,
        saw=f"{first.kind} was in evaluation mode from its first training step on, in {len(guilty)} of {watched}"
        f" watched iterations; off are {_names(first.layers)}",
        why="dropout does nothing and batch norm never learns its statistics",
        fix=Fix(
            "call model.train() before the training loop",
            details={"trains_at": first.forward_at, "evaluated": first.evaluated},
        ),
        related=() if related is None else (Related(related, "trains in evaluation mode here"),),
        count=len(guilty),
        first_step=first.step,
        cure=Cure("train_mode", first.forward_at),
    )


def _names(layers: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in layers.items())
