"""What a recorded run came to: its options, its generators, its first batches, and each metric over its steps."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wellfit.model.events.fit import FitRefused, FitScored
from wellfit.model.events.record import (
    VALIDATION_ACCURACY,
    VALIDATION_LOSS,
    BatchSeen,
    MetricSeen,
    ModulesSeen,
    OptionsParsed,
    TrainingBegan,
    WeightsHashed,
)
from wellfit.model.events.run import Tracked
from wellfit.model.log import EventLog
from wellfit.model.option import DeclaredOption
from wellfit.model.record import MetricSummary, Option, Seeds
from wellfit.model.score import METRICS

TRAINING_LOSS = "train_loss"
"""Name of the loss that backward ran on, where the script gives none of that name itself."""

SOURCES = ("reported", "tensorboard", "printed", "progress", "evaluation", "scored", "loss", "timed")
"""Where a metric of one name has several, the first of these counts."""

PRINTED = frozenset({"printed", "progress"})

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
        declared: what the script's parsers take.
        modules: absolute paths of the user's own modules that were imported.
        weights: hashes of what the models had come to, in the order in which they were taken.
        unread: what of the log was left out, in a sentence; empty where all was read.
        unscored: why no evaluation was scored beside the script, where that was wanted.
    """

    options: tuple[Option, ...]
    seeds: Seeds | None
    data: tuple[str, ...]
    curves: dict[str, tuple[MetricSeen, ...]]
    began: TrainingBegan | None = None
    batches: tuple[BatchSeen, ...] = ()
    weights: tuple[WeightsHashed, ...] = ()
    declared: tuple[DeclaredOption, ...] = ()
    modules: tuple[str, ...] = ()
    unread: str = ""
    unscored: str = ""

    @property
    def final_weights(self) -> tuple[WeightsHashed, ...]:
        """Of models that went, or lived when the process ended; none where it was killed."""
        return tuple(hashed for hashed in self.weights if hashed.at == "end")


def fold_record(log: EventLog, *, scored: bool = False) -> Recorded:
    """Fold the log of the process that keeps the record.

    Args:
        log: whole, or cut where its process was killed.
        scored: whether evaluations count that were scored beside the script, where each of them was.
    """
    began = log.last(TrainingBegan)
    batches = tuple(sorted(log.of(BatchSeen), key=lambda seen: seen.index))
    refused = log.last(FitRefused) if scored and not log.of(FitScored) else None
    parsed = {option.name: option for event in log.of(OptionsParsed) for option in event.options}
    return Recorded(
        options=tuple(parsed.values()),
        seeds=Seeds(began.seeds, began.states, began.deterministic, began.threads) if began else None,
        data=tuple(seen.hash for seen in batches),
        curves=_without_echoes(_curves(log, scored=scored), parsed),
        began=began,
        batches=batches,
        weights=tuple(log.of(WeightsHashed)),
        declared=tuple(option for event in log.of(OptionsParsed)[-1:] for option in event.declared),
        modules=tuple(dict.fromkeys(file for event in log.of(ModulesSeen) for file in event.files)),
        unscored=refused.reason if refused else "",
    )


def _curves(log: EventLog, *, scored: bool) -> dict[str, tuple[MetricSeen, ...]]:
    by_name: dict[str, dict[str, list[MetricSeen]]] = {}
    scores = _scores(log.of(FitScored)) if scored else ()
    for seen in (*log.of(MetricSeen), *_losses(log.of(Tracked)), *scores):
        if seen.name.rpartition("/")[2].lower() not in COUNTERS:
            by_name.setdefault(seen.name, {}).setdefault(seen.source, []).append(seen)
    return {name: tuple(_first_of(sources)) for name, sources in by_name.items()}


def _without_echoes(
    curves: dict[str, tuple[MetricSeen, ...]], options: Mapping[str, Option]
) -> dict[str, tuple[MetricSeen, ...]]:
    """Without what is printed under the name of an option, and has its value all the time."""
    values = {_plain(name): option.value for name, option in options.items()}
    return {name: points for name, points in curves.items() if not _is_echo(points, values.get(_plain(name)))}


def _is_echo(points: Iterable[MetricSeen], value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and all(point.source in PRINTED and point.value == value for point in points)


def _plain(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def _losses(stretches: Iterable[Tracked]) -> Iterator[MetricSeen]:
    for stretch in stretches:
        for step, loss in zip(stretch.steps, stretch.losses, strict=True):
            yield MetricSeen(TRAINING_LOSS, "loss", step, loss, 0.0, step)


def _scores(events: Iterable[FitScored]) -> Iterator[MetricSeen]:
    """The metrics of the first evaluation on rows that the script does not train on."""
    held_out = [event for event in events if is_held_out(event)]
    for event in held_out:
        if event.evaluation == held_out[0].evaluation:
            yield from scored_metrics(event)


def is_held_out(event: FitScored) -> bool:
    """Whether an evaluation is one on rows that the script does not train on."""
    return event.source != "training" and 2 * event.trained <= event.hashed


def scored_metrics(event: FitScored) -> Iterator[MetricSeen]:
    """The metrics of an evaluation that was scored beside the script."""
    score = event.validation
    yield MetricSeen(VALIDATION_LOSS, "scored", event.step, score.loss / score.rows, 0.0, event.passes - 1)
    if "accuracy" in METRICS[score.task]:
        yield MetricSeen(VALIDATION_ACCURACY, "scored", event.step, score.value("accuracy"), 0.0, event.passes - 1)


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
