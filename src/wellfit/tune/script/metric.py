"""Which metric of a run a search makes better, and in which direction."""

from collections.abc import Sequence
from difflib import get_close_matches

from wellfit.digest.recorded import TRAINING_LOSS, is_higher_better
from wellfit.errors import UsageError
from wellfit.model.events.record import VALIDATION_LOSS
from wellfit.model.record import MetricSummary

HELD_OUT = ("val", "valid", "validation", "eval", "dev", "heldout")
"""Words by which people tell what was computed on rows that were not trained on; a convention."""

TRAINED = ("train", "training")
"""The same for rows that were."""

_TEST = "test"

SCORED = "scored"
"""Source of a metric that was scored beside the script's evaluation."""


def choose_metric(
    metrics: Sequence[MetricSummary], asked: str | None, mode: str | None = None, unscored: str = ""
) -> MetricSummary:
    """The metric of a run.

    Args:
        metrics: of the script's own run.
        asked: its name; None takes what the observer sees in the script's evaluation, else one that the script gives.
        mode: `max` or `min`, as the user says; where it is None, metrics whose names say it come first.
        unscored: why no evaluation was scored beside the script; empty where that is not known.

    Raises:
        UsageError: there is none of that name, or none that was computed on other rows than those of training.
    """
    usable = [metric for metric in metrics if metric.source not in ("timed", "progress")]
    names = ", ".join(metric.name for metric in usable) or "none"
    if asked is not None:
        found = next((metric for metric in metrics if metric.name == asked), None)
        if found is None:
            near = get_close_matches(asked, [metric.name for metric in metrics], n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UsageError(f"the script's own run gave no metric {asked}{hint}; it gave: {names}")
        return found
    by_rank = sorted((m for m in usable if _rank(m) is not None), key=lambda m: _rank(m) or 0)
    if not by_rank:
        why = f", and its evaluation could not be scored ({unscored})" if unscored else ""
        raise UsageError(
            f"no metric of held-out rows was seen{why}; the run gave: {names}. Say which with --metric NAME, evaluate"
            " the model under torch.no_grad(), or print val_loss=..."
        )
    told = [metric for metric in by_rank if mode is not None or is_higher_better(metric.name) is not None]
    return (told or by_rank)[0]


def _rank(metric: MetricSummary) -> int | None:
    if metric.source == SCORED:
        return 5 + (metric.name != VALIDATION_LOSS)
    words = metric.name.lower().replace("/", "_").replace("-", "_").replace(".", "_").split("_")
    if metric.name == TRAINING_LOSS or any(word in TRAINED for word in words):
        return None
    if not any(word in HELD_OUT for word in words):
        return 4 if metric.source == "reported" else None
    is_loss = any(word in ("loss", "nll", "mse", "mae", "rmse") for word in words)
    return (0 if metric.source == "reported" else 1) + (0 if is_loss else 2)


def direction_of(metric: MetricSummary, mode: str | None) -> bool:
    """Whether higher is better.

    Args:
        metric: of the run.
        mode: `max` or `min`, as the user says; None takes what the name says.

    Raises:
        UsageError: neither says it.
    """
    if mode is not None:
        return mode == "max"
    higher = is_higher_better(metric.name)
    if higher is None:
        raise UsageError(
            f"whether {metric.name} is better when it is higher is not known: add --mode max or --mode min"
        )
    return higher


def doubts_about(metric: MetricSummary, mode: str | None) -> list[str]:
    """What the user should know of the choice, in sentences."""
    doubts = []
    higher = is_higher_better(metric.name)
    if mode is not None and higher is not None and higher != (mode == "max"):
        doubts.append(
            f"--mode {mode}: by its name {metric.name} is better when it is {'higher' if higher else 'lower'}"
        )
    if _TEST in metric.name.lower().replace("/", "_").split("_"):
        doubts.append(
            f"settings are chosen by {metric.name}, and rows that choose a setting no longer tell how well it does"
        )
    if metric.source == SCORED:
        doubts.append(
            f"{metric.name} is scored beside the script, on rows that it evaluates the model on, by the loss that it"
            " trains with: the script gives no metric of held-out rows by name"
        )
    if metric.name == TRAINING_LOSS:
        doubts.append("settings are chosen by the training loss, which regularizers raise: name a held-out metric")
    return doubts
