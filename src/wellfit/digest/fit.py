"""The verdict on a model's fit: one pure function of the scores that were written during the run."""

import math
from dataclasses import dataclass, replace
from statistics import fmean, variance

from wellfit.model.events.fit import FitRefused, FitScored
from wellfit.model.events.run import Counted, Tracked
from wellfit.model.log import EventLog
from wellfit.model.report import Fit
from wellfit.model.score import HIGHER_IS_BETTER, METRICS, Metric

NORMAL_95 = 1.96
"""Standard errors on each side of an interval that holds the truth in 95 of 100 cases."""

MATERIAL: dict[Metric, float] = {"accuracy": 0.05, "R2": 0.1}
"""Gap from which overfitting is worth a cure; below, it is a matter of taste. Losses: see `MATERIAL_SHARE`."""

MATERIAL_SHARE = 0.1
"""The same of a loss, as a share of the validation's."""

WIDEST = 1.5
"""Times the material gap that the interval's upper end may reach where the model is said to fit."""

POOR = 0.15
"""Share of what a constant answer leaves that a trained model must explain at the least."""

HALFWAY = 0.3
"""The same where the training loss still falls at the end."""

FALLING = 0.1
"""Share by which the loss of the last quarter lies below that of the quarter before, while it still falls."""

FEWEST_POINTS = 16
"""Points of the loss curve that two quarters need."""

STALE = 0.5
"""Share of the run's steps before which the latest scores say too little of its end."""

LATE = 0.8
"""Share of the latest scored step from which on an evaluation counts; of these the largest is taken."""

FEWEST_TRAINED = 3
"""Evaluated rows met in training before it is said: true duplicates come in ones and twos."""

MOSTLY = 0.5
"""Share of the evaluated rows from which they are training rows, not held-out ones."""

PARTLY = 0.1
"""Share from which the validation's score is flattered."""

PARTLY_UNKNOWN = 0.05
"""The same where it is not known how many of the training rows would have been recognized."""

FEWEST_DUE = 8.0
"""Training rows that should have come again, before it counts that none did: chance makes one case in 3,000."""

AUGMENTED = 0.1
"""Share of them at most that do come again where rows are augmented."""

CURE_OVERFITTING = (
    "regularize (wellfit tune searches decay, dropout, augmentation together), train on more data, or stop earlier"
)
STILL_FALLS = "the training loss still falls: train longer"
CURE_FALLING = f"{STILL_FALLS}, or with a higher learning rate"
CURE_POOR = "a larger model, inputs that tell more, or a higher learning rate"
LOWER_BOUND = "no training row came again: if they are augmented, the gap is a lower bound"


@dataclass(frozen=True, slots=True)
class _Gap:
    """How much better training rows are answered than held-out ones, whatever the metric's direction."""

    metric: Metric
    train: float
    validation: float
    low: float
    mid: float
    high: float

    @property
    def material(self) -> float:
        return MATERIAL.get(self.metric, MATERIAL_SHARE * abs(self.validation))


def fold_fit(log: EventLog) -> Fit:
    """Overfitting, underfitting, fits, or unseen with the reason."""
    scored = list({event.evaluation: event for event in log.of(FitScored)}.values())
    if not scored:
        refused = log.last(FitRefused)
        if refused is None:
            return Fit(reason="the run ended before an evaluation could be scored")
        return Fit(reason=refused.reason, next=refused.remedy)
    held_out = [event for event in scored if not _is_trained(event)]
    if not held_out:
        return _only_trained(scored[-1])
    event = _choose(held_out)
    gap = _gap(event)
    if gap is None:
        return Fit(reason="the targets are all the same: no metric can be computed")
    fit = _conclude(event, gap, falls=_falls(log))
    counted = log.last(Counted)
    if counted is None or event.step >= STALE * counted.steps:
        return fit
    stale = f"the latest scores are those of step {event.step} of {counted.steps}"
    return replace(fit, verdict="unseen", reason=stale, next="evaluate once more when training is over")


def _choose(events: list[FitScored]) -> FitScored:
    latest = max(event.step for event in events)
    late = [event for event in events if event.step >= LATE * latest]
    return max(late, key=lambda event: (event.validation_samples, event.step))


def _conclude(event: FitScored, gap: _Gap, *, falls: bool) -> Fit:
    verdict, reason, remedy = _verdict(event, gap, falls=falls)
    notes = [reason, LOWER_BOUND if _is_augmented(event) else "", _flattery(event)]
    return Fit(
        verdict=verdict,
        metric=gap.metric,
        train=gap.train,
        validation=gap.validation,
        gap=(gap.low, gap.mid, gap.high),
        reason="; ".join(filter(None, notes)),
        next=remedy,
        rows=(event.train_samples, event.validation_samples),
        step=event.step,
    )


def _verdict(event: FitScored, gap: _Gap, *, falls: bool) -> tuple[str, str, str]:
    """Verdict, reason and remedy."""
    if gap.low > 0 and gap.mid >= gap.material:
        return "overfitting", "", CURE_OVERFITTING
    skill = _skill(event, gap.metric)
    if skill < POOR:
        reason = f"explains {max(0.0, skill):.0%} of what a constant answer leaves, on training rows"
        return "underfitting", reason, CURE_FALLING if falls else CURE_POOR
    if skill < HALFWAY and falls:
        return "underfitting", f"explains {skill:.0%} of what a constant answer leaves, on training rows", CURE_FALLING
    if gap.high > WIDEST * gap.material:
        reason = f"{event.validation_samples} validation rows and {event.train_samples} training rows are too few"
        return "unseen", f"{reason} to tell a gap from none", "evaluate on more held-out rows"
    if _flattery(event):
        return "unseen", "no gap was measured", "evaluate on rows that are held out of training"
    return "fits", "no gap that matters", STILL_FALLS if falls else ""


def _gap(event: FitScored) -> _Gap | None:
    for metric in METRICS[event.train.task]:
        train, validation = event.train.value(metric), event.validation.value(metric)
        errors = event.train_errors.get(metric, math.nan), event.validation_errors.get(metric, math.nan)
        mid = train - validation if HIGHER_IS_BETTER[metric] else validation - train
        half = NORMAL_95 * math.hypot(*errors)
        if math.isfinite(mid) and math.isfinite(half):
            return _Gap(metric, train, validation, mid - half, mid, mid + half)
    return None


def _skill(event: FitScored, metric: Metric) -> float:
    """Upper end of the share of what a constant answer leaves that the model explains, on training rows."""
    value, error = event.train.value(metric), NORMAL_95 * event.train_errors.get(metric, 0.0)
    if metric == "R2":
        return value + error
    constant = event.constant.value(metric)
    if metric == "accuracy":
        return (value + error - constant) / (1 - constant) if constant < 1 else 1.0
    return 1 - (value - error) / constant if constant > 0 else 1.0


def _falls(log: EventLog) -> bool:
    """Whether the training loss still falls: the last quarter of the steps lies well below the one before."""
    points = [(s, v) for t in log.of(Tracked) for s, v in zip(t.steps, t.losses, strict=True) if math.isfinite(v)]
    if not points:
        return False
    last = points[-1][0]
    before = [v for s, v in points if last / 2 <= s < 3 * last / 4]
    after = [v for s, v in points if s >= 3 * last / 4]
    if min(len(before), len(after)) < FEWEST_POINTS:
        return False
    drop = fmean(before) - fmean(after)
    noise = math.sqrt(variance(before) / len(before) + variance(after) / len(after))
    return drop > FALLING * abs(fmean(before)) and drop > NORMAL_95 * noise


# --- rows that were trained on ---


def _trained_share(event: FitScored) -> float:
    """Share of the evaluated rows that are training rows, as far as these would be recognized."""
    if event.trained < FEWEST_TRAINED or not event.hashed:
        return 0.0
    return min(1.0, event.trained / event.hashed / max(event.known or 1.0, event.trained / event.hashed))


def _is_trained(event: FitScored) -> bool:
    return event.source == "training" or _trained_share(event) >= MOSTLY


def _only_trained(event: FitScored) -> Fit:
    return Fit(
        metric=METRICS[event.train.task][0],
        train=event.train.value(METRICS[event.train.task][0]),
        reason="every evaluation runs on rows that are trained on: that is no validation",
        next="evaluate on rows that are held out of training",
        rows=(event.train_samples, 0),
        step=event.step,
    )


def _flattery(event: FitScored) -> str:
    share = _trained_share(event)
    if share < (PARTLY if event.known else PARTLY_UNKNOWN):
        return ""
    return f"{event.trained} of {event.hashed} evaluated rows are training rows: the validation's score is flattered"


def _is_augmented(event: FitScored) -> bool:
    return event.repeats_due >= FEWEST_DUE and event.repeats <= AUGMENTED * event.repeats_due
