"""ReduceLROnPlateau takes each improvement of its metric for a setback: its mode is the wrong one.

## Why it hurts
With `mode="max"` a loss that falls never counts as better than its first value, so the rate is cut again and again
while the training goes well. With `mode="min"` an accuracy that rises does the same.

## How it is seen
The rate was cut, and each value that the scheduler was given stands beside the mean training loss since the value
before. In `mode="max"`: the values are positive, fall by a fifth or more and in step with the loss, and none came back
to the first. In `mode="min"`: the values rise as the loss falls, none came down to the first, and they are shares of a
whole number of rows (or their percentages) that end above one half or at three times the first, as no loss and hardly
an error does.

## What it cannot see
Programs with several optimizers; a metric that is no share of right answers, such as F1, with `mode="min"`; a run in
which the rate was not cut; schedulers of other packages that follow a metric.

## Fix
`mode="min"` for a loss or an error, `mode="max"` for an accuracy or a score.

## Sources
PyTorch documentation, `torch.optim.lr_scheduler.ReduceLROnPlateau`; allennlp issue 2895.
"""

from bisect import bisect_left
from itertools import pairwise
from statistics import correlation, mean

from wellfit.model.cure import Cure
from wellfit.model.events.optim import PlateauSeen
from wellfit.model.facts.optim import LossCourse, OptimizersSeen, Plateaus
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

FEWEST_VALUES = 5  # with a training loss before each
LEARNED = 0.95  # last training loss over the first, at most
MOVED = 0.8  # smaller value over the larger, first and last, at most
IN_STEP = 0.8  # rank correlation of the values and the training losses
MOST_ROWS = 20_000  # whole numbers that shares are tried against
EXACT = 1e-3  # distance from a whole number; values are often held in float32
HALF = 0.5  # of the answers right
GREW = 3.0  # last value over the first, where the last is below one half


@rule("WF315", "plateau-mode-reversed", severity="error", since="0.1")
def plateau_mode_reversed(plateaus: Plateaus, course: LossCourse, optimizers: OptimizersSeen) -> Answers:
    """Judge each that has cut the rate."""
    if not plateaus.all:
        yield Unseen("no ReduceLROnPlateau was stepped")
    elif len(optimizers.all) > 1:
        yield Unseen(f"{len(optimizers.all)} optimizers step, and their losses are not told apart")
        return
    for plateau in plateaus.all:
        cut = next((i for i, (a, b) in enumerate(pairwise(plateau.rates), 1) if b < a), None)
        if cut is None:
            continue  # no harm was done
        values, losses = _beside_losses(plateau, course)
        if len(values) < FEWEST_VALUES:
            yield Unseen(f"only {len(values)} values with a training loss before each; {FEWEST_VALUES} are needed")
        elif _is_reversed(plateau.mode, values, losses):
            yield _find(plateau, cut, values, losses)


def _beside_losses(plateau: PlateauSeen, course: LossCourse) -> tuple[list[float], list[float]]:
    """The values, each with the mean training loss since the one before."""
    known = []
    for value, (start, stop) in zip(plateau.values, pairwise((0, *plateau.steps)), strict=True):
        between = course.losses[bisect_left(course.steps, start) : bisect_left(course.steps, stop)]
        if between:
            known.append((value, mean(between)))
    return [value for value, _ in known], [loss for _, loss in known]


def _is_reversed(mode: str, values: list[float], losses: list[float]) -> bool:
    if losses[0] <= 0 or losses[-1] > LEARNED * losses[0] or min(values) < 0:
        return False
    rank = _rank_correlation(values, losses)
    if mode == "max":
        return rank >= IN_STEP and max(values[1:]) < values[0] and values[-1] <= MOVED * values[0]
    rises = rank <= -IN_STEP and min(values[1:]) > values[0] and values[0] <= MOVED * values[-1]
    return rises and _are_shares(values)


def _are_shares(values: list[float]) -> bool:
    """Whether they are right answers over one number of rows, and many of them at the end; or the same in percent."""
    scale = 1.0 if max(values) <= 1 else 100.0
    shares = [value / scale for value in values]
    if max(shares) > 1 or shares[-1] <= min(HALF, GREW * shares[0] or HALF):
        return False
    return any(all(abs(s * rows - round(s * rows)) <= EXACT for s in shares) for rows in range(2, MOST_ROWS))


def _rank_correlation(one: list[float], other: list[float]) -> float:
    if len(set(one)) < 2 or len(set(other)) < 2:  # noqa: PLR2004 - a constant has no ranks
        return 0.0
    return correlation(_ranks(one), _ranks(other))


def _ranks(values: list[float]) -> list[float]:
    return [float(sum(other < value for other in values)) for value in values]


def _find(plateau: PlateauSeen, cut: int, values: list[float], losses: list[float]) -> Finding:
    right = "min" if plateau.mode == "max" else "max"
    return Finding(
        where=plateau.made_at or plateau.stepped_at,
        saw=f'ReduceLROnPlateau with mode="{plateau.mode}" was given {values[0]:.3g} first and {values[-1]:.3g} last of'
        f" {len(values)} values, while the training loss fell from {losses[0]:.3g} to {losses[-1]:.3g}; it cut the rate"
        f" from {plateau.rates[cut - 1]:.3g} to {plateau.rates[cut]:.3g}",
        why="each improvement counts as a setback: the better the training, the sooner it stops",
        fix=Fix(f'set mode="{right}"', details={"mode": right}),
        first_step=plateau.steps[cut - 1],
        cure=None if plateau.made_at is None else Cure("set_plateau_mode", plateau.made_at, {"mode": right}),
    )
