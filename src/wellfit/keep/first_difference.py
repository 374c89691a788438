"""Where two runs that should be the same first differ, from what both told."""

import math
from dataclasses import dataclass
from typing import Literal

from wellfit.digest.recorded import Recorded
from wellfit.model.events.record import MetricSeen, WeightsHashed

Points = tuple[MetricSeen, ...]

What = Literal[
    "generators",
    "initial weights",
    "data order",
    "data",
    "training",
    "steps",
    "final weights",
    "metrics",
    "nothing told",
]


@dataclass(frozen=True, slots=True)
class FirstDifference:
    """What is not the same, in the order in which one follows from the other.

    Args:
        what: comes first.
        saw: numbers of both, in words.
        step: optimizer step of it; None where it is none of one step.
    """

    what: What
    saw: str
    step: int | None = None


def first_difference(one: Recorded, other: Recorded) -> FirstDifference | None:
    """What differs first; None where both are equal to the last bit.

    Args:
        one: the run as it was recorded.
        other: the run as it came back.
    """
    if one.began is None or other.began is None:
        return None if one.began is other.began and _same_metrics(one, other) is None else _told_nothing(one)
    looks = (_weights_at_start, _batches, _training, _weights_at_end, _same_metrics, _generators)
    return next((found for look in looks if (found := look(one, other)) is not None), None)


def early_difference(one: Recorded, other: Recorded) -> FirstDifference | None:
    """What differs first of that which a run tells within its first steps, whenever it ended.

    Args:
        one: a run.
        other: another of the same code.
    """
    if one.began is None or other.began is None:
        return None if one.began is other.began else _told_nothing(one)
    looks = (_weights_at_start, _batches, _losses)
    return next((found for look in looks if (found := look(one, other)) is not None), None)


def _told_nothing(one: Recorded) -> FirstDifference:
    which = "the recorded run" if one.began is None else "the run that came back"
    return FirstDifference("nothing told", f"{which} called no model to train it")


def _generators(one: Recorded, other: Recorded) -> FirstDifference | None:
    mine, its = one.began.states if one.began else {}, other.began.states if other.began else {}
    names = [name for name in mine if mine[name] != its.get(name)]
    if one.final_weights and one.final_weights == other.final_weights:
        return None  # whoever draws from them, the training did not
    return FirstDifference("generators", f"when training begins, {' and '.join(names)} differ") if names else None


def _weights_at_start(one: Recorded, other: Recorded) -> FirstDifference | None:
    if one.began is None or other.began is None or one.began.weights == other.began.weights:
        return None
    generators = _generators(one, other)
    beside = f"; {generators.saw}" if generators else ""
    return FirstDifference("initial weights", f"the model begins with other weights{beside}")


def _batches(one: Recorded, other: Recorded) -> FirstDifference | None:
    for mine, its in zip(one.batches, other.batches, strict=False):
        if mine.hash != its.hash:
            return _difference_of_rows(mine.index, mine.rows, its.rows)
    return None


def _difference_of_rows(index: int, mine: tuple[str, ...], its: tuple[str, ...]) -> FirstDifference:
    shared = len(set(mine) & set(its))
    if mine and shared == len(mine):
        return FirstDifference("data order", f"batch {index} has the same samples in another order", index)
    if shared:
        return FirstDifference("data order", f"batch {index} shares {shared} of its first {len(mine)} samples", index)
    return FirstDifference("data", f"batch {index} shares no sample: other rows, or other augmentation of them", index)


def _training(one: Recorded, other: Recorded) -> FirstDifference | None:
    """The loss of step 7 is that of the weights after 7 steps."""
    found = [found for look in (_weights, _losses) if (found := look(one, other)) is not None]
    return min(found, key=lambda difference: difference.step or 0, default=None)


def _losses(one: Recorded, other: Recorded) -> FirstDifference | None:
    mine = {point.step: point.value for point in one.curves.get("train_loss", ()) if point.source == "loss"}
    its = {point.step: point.value for point in other.curves.get("train_loss", ()) if point.source == "loss"}
    for step in sorted(mine.keys() & its.keys()):
        if mine[step] != its[step] and not (mine[step] != mine[step] and its[step] != its[step]):  # NaN is like NaN
            words = f"the loss of step {step} is {mine[step]:.9g} in the one and {its[step]:.9g} in the other"
            return FirstDifference("training", words, step)
    return None


def _weights(one: Recorded, other: Recorded) -> FirstDifference | None:
    """Hashes on the way that both have: of the same model, after as many steps, taken for the same reason."""
    equal: dict[int, int] = {}
    for mine, its in common_weights(one, other):
        if mine.at == "end":
            continue
        if mine != its:
            since = f"; after {equal[mine.model]:,} they are equal" if mine.model in equal else ""
            which = f"the weights of model {mine.model}" if mine.model else "the weights"
            return FirstDifference("training", f"{which} differ after {mine.step:,} steps{since}", mine.step)
        equal[mine.model] = mine.step
    return None


def common_weights(one: Recorded, other: Recorded) -> list[tuple[WeightsHashed, WeightsHashed]]:
    """Hashes of the one with those of the other, by step.

    Args:
        one: a run.
        other: another, whose evaluations may have been heard at other steps.
    """
    theirs = {(seen.model, seen.step, seen.at): seen for seen in other.weights}
    mine = {(seen.model, seen.step, seen.at): seen for seen in one.weights}
    return sorted(
        ((mine[key], theirs[key]) for key in mine.keys() & theirs.keys()), key=lambda p: (p[0].step, p[0].model)
    )


def _weights_at_end(one: Recorded, other: Recorded) -> FirstDifference | None:
    theirs = {seen.model: seen for seen in other.final_weights}
    for mine in one.final_weights:
        its = theirs.get(mine.model)
        if its is None or its == mine:
            continue
        if its.step != mine.step:
            return FirstDifference("steps", f"{mine.step:,} optimizer steps in the one, {its.step:,} in the other")
        return FirstDifference("final weights", f"the weights differ after {mine.step:,} steps", mine.step)
    return None


def _same_metrics(one: Recorded, other: Recorded) -> FirstDifference | None:
    looks = {"loss": _nothing, "timed": _nothing, "progress": _progress, "evaluation": _evaluation}
    for name, points in one.curves.items():
        its = other.curves.get(name, ())
        found = looks.get(points[0].source, _metric)(points, its)
        if found is not None:
            training = one.final_weights and one.final_weights == other.final_weights
            beside = "; the final weights are equal" if training else ""
            return FirstDifference("metrics", f"{name} {found.saw}{beside}", found.step)
    return None


def _nothing(_one: Points, _other: Points) -> None:
    """Losses have been looked at by then, and no clock comes back."""


def _metric(one: Points, other: Points) -> FirstDifference | None:
    """Values of one place in the row: the clock says which of many were written, and the last one always is."""
    back = {point.index: point.value for point in other}
    for mine in sorted(one, key=lambda point: point.index):
        its = back.get(mine.index, mine.value)
        if mine.value != its and not (math.isnan(mine.value) and math.isnan(its)):
            return FirstDifference("metrics", f"is {mine.value!r} in the one and {its!r} in the other", mine.step)
    counts = [max((point.index for point in points), default=-1) + 1 for points in (one, other)]
    if counts[0] != counts[1]:
        return FirstDifference("metrics", f"has {counts[0]:,} values in the one and {counts[1]:,} in the other")
    return None


def _progress(one: Points, other: Points) -> FirstDifference | None:
    """A bar shows the value of a step as often as the clock says, maybe never: of steps that both show, one value."""
    for step in sorted({point.step for point in one} & {point.step for point in other}):
        mine, its = ([repr(point.value) for point in points if point.step == step] for points in (one, other))
        if not set(mine) & set(its):
            return FirstDifference("metrics", f"is {mine[0]} in the one and {its[0]} in the other", step)
    return None


def _evaluation(one: Points, other: Points) -> FirstDifference | None:
    """Of many evaluations the clock says which are scored: those after as many steps have one value."""
    its = {point.step: point.value for point in other}
    for point in one:
        if point.step in its and repr(its[point.step]) != repr(point.value):
            saw = f"is {point.value} in the one and {its[point.step]} in the other"
            return FirstDifference("metrics", saw, point.step)
    return None
