"""The answers start far from where the targets lie.

## Why it hurts
The first steps, often hundreds, only carry the last bias to the targets' mean. Until then the gradients are large, all
point one way, and drive the other weights along.

## How it is seen
`--deep` runs the script once more and compares the answers of the first loss, before any step, with its targets: for
numbers, the square of the distance of the means is three times the targets' variance or more; for yes or no, one answer
in ten or less is the rarer one, and the scores start near zero.

## What it cannot see
Losses that torch has no function for, and models whose weights were loaded. It is a note: training gets there anyhow,
only later.

## Fix
Start the last bias at the targets' mean, or at log(p / (1 - p)) for a share p of yes; or standardize the targets.

## Sources
Karpathy 2019, "A Recipe for Training Neural Networks": init well. Lin et al. 2017, "Focal Loss for Dense Object
Detection", section 3.3, on a prior for rare yes.
"""

import math
from collections.abc import Iterator

from wellfit.model.events.deep import FirstLoss
from wellfit.model.facts.deep import LossAtInit
from wellfit.model.rule import Answers, Finding, Fix, rule

FAR = 3.0  # times the variance of the targets
RARE = 0.1  # share of the rarer answer
NEAR_ZERO = 1.0  # a mean score; a bias that was set for a tenth lies beyond 2
MIN_ANSWERS = 16  # fewer say little of the mean


@rule("WF552", "outputs-start-off-target", severity="note", since="0.1")
def outputs_start_off_target(init: LossAtInit) -> Answers:
    """Compare the first answers with their targets."""
    first = init.first
    if first.loaded or first.answers < MIN_ANSWERS or first.made_by != "linear":
        return
    if first.uniform is None:
        yield from _numbers(first)
    elif first.classes is None:
        yield from _yes_or_no(first)


def _numbers(first: FirstLoss) -> Iterator[Finding]:
    apart = first.targets_mean - first.answers_mean
    if apart**2 >= FAR * first.prior > 0:
        yield _found(
            first,
            f"the answers average {first.answers_mean:.3g}, their targets {first.targets_mean:.4g} (spread"
            f" {first.targets_std:.3g}): the first loss is {first.loss / first.prior:.1f} times the targets' variance",
            f"start the last bias at {first.targets_mean:.4g}, or standardize the targets",
        )


def _yes_or_no(first: FirstLoss) -> Iterator[Finding]:
    share = first.targets_mean
    if 0 < min(share, 1 - share) <= RARE and abs(first.answers_mean) < NEAR_ZERO:
        yield _found(
            first,
            f"{share:.1%} of {first.answers} targets are yes, and the scores average {first.answers_mean:.2g}: the"
            f" first loss is {first.loss:.2g}, and {first.prior:.2g} takes no input at all",
            f"start the last bias at {math.log(share / (1 - share)):.2f}, which is log(p / (1 - p))",
        )


def _found(first: FirstLoss, saw: str, fix: str) -> Finding:
    return Finding(
        where=first.place,
        saw=f"before the first step {saw}",
        why="the first steps only carry the last bias to where the targets lie",
        fix=Fix(fix),
        first_step=0,
    )
