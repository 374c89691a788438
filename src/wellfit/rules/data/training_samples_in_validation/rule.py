"""Rows that the model is trained on stand among those that it is evaluated on.

## Why it hurts
A model has seen the answers of these rows. The score says how well it remembers, not how well it will do on new
data, and every choice made by that score is made wrongly.

## How it is seen
Rows of the training batches and of the evaluations are hashed as they enter the model. A part of an evaluation's
rows, but not all, was trained on before; or all of them were, though they come from a loader over a data set of
their own and are only a part of the training rows. Evaluations of the training set as such stay silent: they read
the training's own data set, or stand beside another one whose rows are new.

## What it cannot see
Rows that are changed on the way, such as by random augmentation; near duplicates; rows of fewer than four different
values; on an accelerator most training rows, as only sampled steps are read there. An overlap of less than a tenth
is taken for true duplicates of the data.

## Fix
Split once, by index, before anything else, and check that both index sets have nothing in common.

## Sources
Kapoor, Narayanan 2023, "Leakage and the reproducibility crisis in machine-learning-based science", Patterns 4 (9).
"""

from wellfit.model.events.data import RowsCompared
from wellfit.model.facts.data import EvaluatedRows
from wellfit.model.rule import Answers, Finding, Fix, Unseen, rule

MIN_ROWS = 32  # rows of an evaluation; a handful is a look, not a score
MIN_TRAINED = 5  # of them trained on
MIN_KNOWN = 0.5  # share of the training rows that is known by its hashes
MIN_SHARE = 0.1  # of the evaluation's rows; true duplicates stay below: repeated passages of a text make 0.08
MAX_SHARE = 0.85  # above, all rows may have been trained on: an evaluation of the training set
WELL_KNOWN = 0.95  # share of the training rows from which the above can be told exactly
MAX_ROUGH_SHARE = 0.6  # the same, where only some of the training rows are known
MOST_DUPLICATES = 3.0  # times the share of duplicates within the evaluation: such data repeats itself anyhow
WHOLE = 0.9  # share of the training rows from which an evaluation holds the training set, not a part of it


@rule("WF603", "training-samples-in-validation", severity="error", since="0.1")
def training_samples_in_validation(evaluated: EvaluatedRows) -> Answers:
    """Judge each evaluation."""
    scored = [e for e in evaluated.evaluations if e.rows >= MIN_ROWS]
    if not scored:
        yield Unseen(f"no evaluation of {MIN_ROWS} rows or more was seen")
    clean = any(_share(e) < MIN_SHARE for e in scored)
    for evaluation in scored:
        if evaluation.training_known < MIN_KNOWN:
            yield Unseen("the training rows did not come again, so it is not known how many there are")
        elif _is_natural(evaluation) or evaluation.source == "training":
            continue
        elif _is_mixed(evaluation) or (not clean and _is_part_of_training(evaluation)):
            yield _find(evaluation)
        elif not clean:
            yield Unseen(
                "the only evaluation runs on rows that were trained on; nothing tells whether it is meant to be a"
                " validation"
            )


def _share(evaluation: RowsCompared) -> float:
    """Share of the evaluation's rows that were trained on, as far as the training rows are known."""
    known = max(evaluation.training_known, MIN_KNOWN)
    return min(1.0, evaluation.trained / evaluation.rows / known)


def _is_natural(evaluation: RowsCompared) -> bool:
    repeats = MOST_DUPLICATES * evaluation.duplicates / evaluation.rows
    return evaluation.trained < MIN_TRAINED or _share(evaluation) <= max(MIN_SHARE, repeats)


def _is_mixed(evaluation: RowsCompared) -> bool:
    most = MAX_SHARE if evaluation.training_known >= WELL_KNOWN else MAX_ROUGH_SHARE
    return _share(evaluation) <= most and not _holds_training_set(evaluation)


def _is_part_of_training(evaluation: RowsCompared) -> bool:
    return evaluation.source == "own" and not _holds_training_set(evaluation)


def _holds_training_set(evaluation: RowsCompared) -> bool:
    return evaluation.trained >= WHOLE * evaluation.training_rows


def _find(evaluation: RowsCompared) -> Finding:
    return Finding(
        where=evaluation.place,
        saw=f"{evaluation.trained} of the {evaluation.rows} different rows evaluated here had been trained on before"
        f" ({evaluation.training_rows} training rows known, step {evaluation.step})",
        why="the score counts answers that the model has seen, so it promises more than new data will bring",
        fix=Fix("split by index before anything else, and keep both index sets apart"),
        count=evaluation.passes,
        first_step=evaluation.step,
    )
