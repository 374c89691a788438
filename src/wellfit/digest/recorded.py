"""What a recorded run came to: its options, its generators, its first batches, and each metric over its steps."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from wellfit.model.events.record import BatchSeen, MetricSeen, OptionsParsed, TrainingBegan, WeightsHashed
from wellfit.model.events.run import Tracked
from wellfit.model.log import EventLog
from wellfit.model.record import MetricSummary, Option, Seeds

TRAINING_LOSS = "train_loss"
"""Name of the loss that backward ran on, where the script gives none of that name itself."""

SOURCES = ("reported", "tensorboard", "printed", "progress", "evaluation", "loss", "timed")
"""Where a metric of one name has several, the first of these counts."""

HIGHER = (
    "acc",
    "auc",
    "auroc",
    "f1",
    "precision",
    "recall",
    "r2",
    "bleu",
    "rouge",
    "iou",
    "dice",
    "reward",
)
"""Parts of names of metrics that are better when they are higher; a convention of people, for want of a mechanism."""

COUNTERS = frozenset({"epoch", "epochs", "step", "steps", "iter", "iteration", "it", "batch", "global_step", "seed"})
"""Names of what people print beside their metrics, and which is none."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One process's part of a record.

    Args:
        options: latest value of each name.
        seeds: None where training never began.
        data: hashes of the first batches, in order.
        curves: values by metric, in the order in which they came.
        began: how training began; None where it never did.
        batches: the first ones, in order.
        weights: hashes of what the models had come to, in the order in which they were taken.
    """

    options: tuple[Option, ...]
    seeds: Seeds | None
    data: tuple[str, ...]
    curves: dict[str, tuple[MetricSeen, ...]]
    began: TrainingBegan | None = None
    batches: tuple[BatchSeen, ...] = ()
    weights: tuple[WeightsHashed, ...] = ()

    @property
    def final_weights(self) -> tuple[WeightsHashed, ...]:
        """Of models that went, or lived when the process ended; none where it was killed."""
        return tuple(hashed for hashed in self.weights if hashed.at == "end")


def fold_record(log: EventLog) -> Recorded:
    """Fold the log of the process that keeps the record.

    Args:
        log: whole, or cut where its process was killed.
    """
    began = log.last(TrainingBegan)
    batches = tuple(sorted(log.of(BatchSeen), key=lambda seen: seen.index))
    parsed = {option.name: option for event in log.of(OptionsParsed) for option in event.options}
    return Recorded(
        options=tuple(parsed.values()),
        seeds=Seeds(began.seeds, began.states, began.deterministic, began.threads) if began else None,
        data=tuple(seen.hash for seen in batches),
        curves=_curves(log),
        began=began,
        batches=batches,
        weights=tuple(log.of(WeightsHashed)),
    )


def _curves(log: EventLog) -> dict[str, tuple[MetricSeen, ...]]:
    by_name: dict[str, dict[str, list[MetricSeen]]] = {}
    for seen in (*log.of(MetricSeen), *_losses(log.of(Tracked))):
        if seen.name.rpartition("/")[2].lower() not in COUNTERS:
            by_name.setdefault(seen.name, {}).setdefault(seen.source, []).append(seen)
    return {name: tuple(_first_of(sources)) for name, sources in by_name.items()}


def _losses(stretches: Iterable[Tracked]) -> Iterator[MetricSeen]:
    for stretch in stretches:
        for step, loss in zip(stretch.steps, stretch.losses, strict=True):
            yield MetricSeen(TRAINING_LOSS, "loss", step, loss, 0.0, step)


def _first_of(sources: dict[str, list[MetricSeen]]) -> list[MetricSeen]:
    return min(sources.items(), key=lambda item: SOURCES.index(item[0]) if item[0] in SOURCES else len(SOURCES))[1]


def summarize_curve(name: str, points: tuple[MetricSeen, ...]) -> MetricSummary | None:
    """First, last and best value; None where no value is finite.

    Args:
        name: of the metric.
        points: in order, at least one.
    """
    finite = [point for point in points if math.isfinite(point.value)]
    if not finite:
        return None
    higher = is_higher_better(name)
    best = max(finite, key=lambda p: p.value) if higher else min(finite, key=lambda p: p.value)
    return MetricSummary(
        name=name,
        source=points[0].source,
        count=len(points),
        first=finite[0].value,
        last=points[-1].value if math.isfinite(points[-1].value) else finite[-1].value,
        best=best.value,
        best_step=best.step,
        last_step=points[-1].step,
        higher_is_better=higher,
    )


def is_higher_better(name: str) -> bool | None:
    """Whether a metric of this name is better when it is higher; None where the name does not say.

    Example:
        >>> is_higher_better("val_acc"), is_higher_better("val_loss"), is_higher_better("temperature")
        (True, False, None)
    """
    words = name.lower().replace("/", "_").replace("-", "_").replace(".", "_").split("_")
    if any(word.startswith(("loss", "err", "perplexity", "ppl", "mse", "mae", "rmse", "nll")) for word in words):
        return False
    return True if any(word.startswith(part) for word in words for part in HIGHER) else None
