"""Events about how well a model answers on rows that it trains on and on rows that it is evaluated on."""

from dataclasses import dataclass

from wellfit.model.place import Place
from wellfit.model.score import Score


@dataclass(frozen=True, slots=True)
class FitScored:
    """Training rows and the rows of one evaluation were scored alike: same weights, same metric, evaluation mode.

    Args:
        root: class of the model.
        place: the user's line that calls it to evaluate.
        evaluation: which one, in order of first appearance.
        passes: how many times it was scored.
        source: where its rows come from: the data set that is trained on, one of its own, or unknown.
        train: answers on training rows.
        validation: answers on the evaluation's rows.
        constant: the best answer that ignores the input, on the same training rows.
        train_errors: standard error of each metric over samples.
        validation_errors: the same.
        train_samples: samples behind the training answers; one may have many answers.
        validation_samples: the same.
        seen: share of the evaluation's calls that were scored.
        hashed: samples of the evaluation that were looked for among the training rows.
        trained: of these, how many are training rows.
        known: share of the training rows that could have been recognized; None where it is not known.
        repeats: training rows of a later epoch that were recognized from an earlier one.
        repeats_due: how many would have been, were rows the same in each epoch.
    """

    step: int
    root: str
    place: Place | None
    evaluation: int
    passes: int
    source: str
    train: Score
    validation: Score
    constant: Score
    train_errors: dict[str, float]
    validation_errors: dict[str, float]
    train_samples: int
    validation_samples: int
    seen: float
    hashed: int
    trained: int
    known: float | None
    repeats: int
    repeats_due: float


@dataclass(frozen=True, slots=True)
class FitRefused:
    """Nothing could be scored so far.

    Args:
        reason: why, in words.
        remedy: what the user can do about it, or an empty string.
    """

    step: int
    reason: str
    remedy: str
