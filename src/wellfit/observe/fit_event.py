"""What is written of a scored pass."""

from wellfit.model.events.fit import FitScored
from wellfit.model.score import pooled
from wellfit.observe.fitting import Pass, constant_answer, errors_of, flat, pooled_alike

LEAST_SEEN = 0.5
"""Share of a pass that the scored calls must be spread over: a part of it may hold some classes only."""


def describe(running: Pass, *, step: int, per_epoch: int | None) -> FitScored | None:
    """The scores of a pass, or None where nothing was scored.

    Args:
        running: a pass that is over.
        step: optimizer steps so far.
        per_epoch: training samples of one pass over the data; None where that is not known.
    """
    evaluated, student = running.evaluated, running.student
    parts, train = flat([batch for _, batch in running.spread.items]), flat(running.train)
    validation, whole = pooled_alike(parts, train), pooled(train)
    if validation is None or whole is None or running.seen < LEAST_SEEN:
        return None
    samples = sum(samples for samples, _ in running.spread.items)
    train_samples = sum(batch.samples for batch in student.batches)
    return FitScored(
        step=step,
        root=student.root.kind,
        place=evaluated.place,
        evaluation=evaluated.number,
        passes=evaluated.passes + 1,
        source=evaluated.source,
        train=whole,
        validation=validation,
        constant=constant_answer(whole.task, student.batches),
        train_errors=errors_of(running.train, train_samples, repeated=student.repeated),
        validation_errors=errors_of([batch for _, batch in running.spread.items], samples),
        train_samples=train_samples,
        validation_samples=samples,
        seen=round(running.seen, 4),
        hashed=running.hashed,
        trained=running.trained,
        known=min(1.0, len(student.keys) / per_epoch) if per_epoch else None,
        repeats=student.repeats,
        repeats_due=round(student.repeats_due, 2),
    )
