"""What a scheduler was told when it was made, read by the reader that `check_schedule` uses.

That room is loaded with the first scheduler: most programs start without it.
"""

from typing import Any

from torch.optim import lr_scheduler

from wellfit.model.events.optim import ScheduleSays

JOINED = (lr_scheduler.SequentialLR, lr_scheduler.ChainedScheduler)
"""Schedulers that step others."""


def schedule_says(scheduler: Any, group: int) -> ScheduleSays:
    """Read it; of one that is no scheduler of torch's in all respects, nothing.

    Args:
        scheduler: stays as it is.
        group: index of the parameter group whose peak is told.
    """
    from wellfit.schedules.declared import asked_peaks, declared

    try:
        says = declared(scheduler)
        peaks = asked_peaks(scheduler, says)
    except (AttributeError, KeyError, TypeError, ValueError):  # a subclass without what its base has
        return ScheduleSays()
    return ScheduleSays(
        title=says.title,
        length=says.length,
        argument=says.argument,
        milestones=says.milestones,
        peak=peaks[group] if group < len(peaks) else None,
        cyclic=says.cyclic,
        chained=says.chained,
        library=says.hugging_face,
        cosine=_is_cosine(scheduler, library=says.hugging_face),
        turn=says.first_cycle,
    )


def count_of(scheduler: Any) -> int | None:
    """Its own counter, or the furthest of its members; None where it keeps none."""
    from wellfit.schedules.declared import calls_made

    try:
        return calls_made(scheduler)
    except (AttributeError, TypeError, ValueError):
        return None


def moving_group(optimizer: Any) -> int:
    """The first parameter group that was not made with a rate of 0, which freezes what it holds."""
    groups = optimizer.param_groups
    rates = (group.get("initial_lr", group.get("lr")) for group in groups)
    return next((i for i, rate in enumerate(rates) if type(rate) in (float, int) and rate), 0)


def _is_cosine(scheduler: Any, *, library: bool) -> bool:
    names = [getattr(getattr(f, "func", f), "__name__", "") for f in getattr(scheduler, "lr_lambdas", ())]
    return isinstance(scheduler, lr_scheduler.CosineAnnealingLR) or (library and all("cosine" in n for n in names))
