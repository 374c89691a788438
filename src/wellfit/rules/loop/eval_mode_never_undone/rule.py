"""Training goes on in evaluation mode after the first evaluation.

## Why it hurts
Dropout no longer regularizes, and batch norm normalizes by statistics that are frozen while the weights move on:
from the first evaluation on, the model overfits, stalls or drifts.

## How it is seen
A module was trained in training mode; `eval()` was called and an evaluation ran; since then its forward passes with
gradients run in evaluation mode, gradients reach it, and an optimizer steps on at least half of its parameters. It
holds dropout or batch norm, all of it in evaluation mode. Three such iterations make the finding. A module that is
also called in training mode in the same iteration, or of which only some layers are in evaluation mode, is not
meant, nor is one that is put in evaluation mode without an evaluation.

## What it cannot see
Modules inside a root that were put in evaluation mode alone: that is how layers are frozen.

## Fix
Call `model.train()` after each evaluation, or at the start of each epoch.

## Sources
PyTorch documentation, `torch.nn.Module.train` and `eval`.
"""

from collections.abc import Mapping

from wellfit.model.cure import Cure
from wellfit.model.events.loop import TrainingModeSeen
from wellfit.model.facts.loop import TrainingModes
from wellfit.model.place import Related
from wellfit.model.rule import Answers, Finding, Fix, rule

MIN_ITERATIONS = 3  # iterations in evaluation mode; a single one may be a probe of the user's


@rule("WF204", "eval-mode-never-undone", severity="error", since="0.1")
def eval_mode_never_undone(modes: TrainingModes) -> Answers:
    """Judge each module that was trained in training mode first."""
    for seen in modes.by_root.values():
        guilty = [s for s in seen if not s.training and s.layers and s.trained_before and s.evaluated]
        if len(guilty) >= MIN_ITERATIONS:
            yield _find(guilty)


def _find(guilty: list[TrainingModeSeen]) -> Finding:
    first = guilty[0]
    where = first.mode_at or first.forward_at
    related = first.forward_at if where != first.forward_at else None
    return Finding(
        where=where,
        saw=f"{first.kind} was trained in training mode until this call, and in evaluation mode after the evaluation"
        f" ({len(guilty)} of {len(guilty)} iterations watched since); off are {_names(first.layers)}",
        why="dropout does nothing and batch norm keeps old statistics for the rest of the training",
        fix=Fix(
            "call model.train() after the evaluation, or at the start of each epoch",
            details={"trains_at": first.forward_at, "evaluated": True},
        ),
        related=() if related is None else (Related(related, "trains in evaluation mode here"),),
        count=len(guilty),
        first_step=first.step,
        cure=Cure("train_mode", first.forward_at),
    )


def _names(layers: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in layers.items())
