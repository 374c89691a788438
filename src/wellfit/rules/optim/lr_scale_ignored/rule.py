"""Parameter groups carry an `lr_scale` that nobody applies: the layer-wise decay of the rate is off.

## Why it hurts
timm's layer decay gives each layer's group an `lr_scale` and leaves the rate itself alike. Only timm's own schedulers
multiply the two. Under a scheduler of torch, or none, all layers train at the full rate, and the first layers of a
pretrained model forget what they knew.

## How it is seen
In every sampled iteration two groups with different `lr_scale` had the same rate, in an optimizer whose step is torch's
own and reads no such setting.

## What it cannot see
Optimizers of other packages, which may read `lr_scale` themselves; scales under another name.

## Fix
Multiply each group's `lr` by its `lr_scale` after the optimizer is made and before a scheduler is.

## Sources
timm, `timm.optim.param_groups_layer_decay` and `timm.scheduler.scheduler.Scheduler.update_groups`; timm pull request
2532.
"""

from wellfit.model.cure import Cure
from wellfit.model.facts.optim import LayerRates, ScaledRates
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

FEWEST_LOOKS = 3  # sampled iterations; a schedule that begins later acts by then


@rule("WF316", "lr-scale-ignored", severity="warning", since="0.1")
def lr_scale_ignored(layers: LayerRates) -> Answers:
    """Judge each optimizer whose groups have scales."""
    for scaled in layers.all:
        if scaled.ignored < scaled.looks or not scaled.looks:
            continue
        if not scaled.optimizer.of_torch:
            yield Unseen(f"{scaled.optimizer.kind} is of another package and may read lr_scale itself")
        elif scaled.looks < FEWEST_LOOKS:
            yield Unseen(f"only {scaled.looks} sampled iterations; {FEWEST_LOOKS} are needed (a larger --steps)")
        else:
            yield _find(scaled)


def _find(scaled: ScaledRates) -> Finding:
    optimizer, (low, high) = scaled.optimizer, scaled.scales
    groups = sum(g.scale is not None for g in optimizer.groups)
    return Finding(
        where=optimizer.made_at or optimizer.stepped_at,
        saw=f"{groups} parameter groups of {optimizer.kind} have an lr_scale, from {low:.3g} to {high:.3g}, and the"
        f" same rate in {scaled.looks} of {scaled.looks} sampled iterations, the last time {scaled.rate:.3g}",
        why="only timm's own schedulers read lr_scale, so the layer-wise decay is off",
        fix=Fix(
            "multiply each group's lr by its lr_scale before a scheduler is made",
            details={"all": groups == len(optimizer.groups)},
        ),
        count=groups,
        cure=None if optimizer.made_at is None else Cure("scale_rates", optimizer.made_at),
    )
