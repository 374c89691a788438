"""Which metric of a run a search makes better, and in which direction."""

from collections.abc import Collection, Sequence
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
    metrics: Sequence[MetricSummary],
    asked: str | None,
    given: Collection[str] = (),
    *,
    mode: str | None = None,
    unscored: str = "",
) -> MetricSummary:
    """The metric of a run.

    Args:
        metrics: of the script's own run.
        asked: its name; None takes what the observer sees in the script's evaluation, else one that the script gives.
        given: names of all that the run gave, those that were never finite too.
        mode: `max` or `min`, as the user says; where it is None, metrics whose names say it come first.
        unscored: why no evaluation was scored beside the script; empty where that is not known.

    Raises:
        UsageError: there is none of that name, or none that was computed on other rows than those of training, or it
            was never finite.
    """
    usable = [metric for metric in metrics if metric.source not in ("timed", "progress")]
    names = ", ".join(metric.name for metric in usable) or "none"
    if asked is not None:
        found = next((metric for metric in metrics if metric.name == asked), None)
        if found is None and asked in given:
            raise UsageError(
                f"{asked} was never finite in the script's own run, where the search begins: mend that first, or choose"
                f" another metric; it gave: {names}"
            )
        if found is None:
            near = get_close_matches(asked, [metric.name for metric in metrics], n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise UsageError(f"the script's own run gave no metric {asked}{hint}; it gave: {names}")
        return found
    ranked = [(rank, metric) for metric in usable if (rank := _rank(metric.name, metric.source)) is not None]
    if not ranked:
        why = f", and its evaluation could not be scored ({unscored})" if unscored else ""
        raise UsageError(
            f"no metric of held-out rows was seen{why}; the run gave: {names}. Say which with --metric NAME, evaluate"
            " the model under torch.no_grad(), or print val_loss=..."
        )
    told = [pair for pair in ranked if mode is not None or is_higher_better(pair[1].name) is not None]
    return min(told or ranked, key=lambda pair: pair[0])[1]


def _rank(name: str, source: str) -> int | None:
    if source == SCORED:
        return 5 + (name != VALIDATION_LOSS)
    words = name.lower().replace("/", "_").replace("-", "_").replace(".", "_").split("_")
    if name == TRAINING_LOSS or any(word in TRAINED for word in words):
        return None
    if not any(word in HELD_OUT for word in words):
        return 4 if source == "reported" else None
    is_loss = any(word in ("loss", "nll", "mse", "mae", "rmse") for word in words)
    return (0 if source == "reported" else 1) + (0 if is_loss else 2)


def passed_over(metric: MetricSummary, metrics: Sequence[MetricSummary], given: Collection[str]) -> list[str]:
    """What would have been chosen before a metric, and was not, since it was never finite; in sentences.

    Args:
        metric: that was chosen without a name.
        metrics: of the script's own run.
        given: names of all that the run gave.
    """
    known = {each.name for each in metrics}
    chosen = _rank(metric.name, metric.source)
    ranked = [(rank, name) for name in given if name not in known and (rank := _rank(name, "")) is not None]
    return [
        f"{name} was never finite in the script's own run: settings are chosen by {metric.name} instead"
        for rank, name in ranked
        if chosen is not None and rank < chosen
    ]


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
