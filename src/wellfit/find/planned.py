"""The schedule that the real run will have, as a share of the peak by the share of the run."""

from typing import Any

from torch.optim.lr_scheduler import ReduceLROnPlateau

from wellfit.find.trainable import Factor
from wellfit.schedules.curve import Curve
from wellfit.schedules.simulate import simulate


def planned_factor(scheduler: Any, steps: int) -> Factor:
    """What multiplies the peak rate, from the share of the run that lies behind.

    Args:
        scheduler: None for a constant rate, a schedule of `wellfit.schedule` by its name, one of torch's schedulers
            that has made no step yet and makes one after each optimizer step, or a function of the share.
        steps: of the real run.

    Raises:
        ValueError: the name is unknown.
        TypeError: it is none of these, or follows a metric.
    """
    if scheduler is None:
        return lambda _: 1.0
    if isinstance(scheduler, str):
        curve = Curve(scheduler, steps)
        return lambda share: curve.factor(share * steps)
    if isinstance(scheduler, ReduceLROnPlateau):
        raise TypeError("scheduler follows a metric, so its rates are not planned: give a name or None")
    if hasattr(scheduler, "optimizer") and callable(getattr(scheduler, "step", None)):
        return _simulated(scheduler, steps)
    if callable(scheduler):
        return lambda share: float(scheduler(share))
    raise TypeError(f"scheduler must be None, a name, a scheduler or a function, got {type(scheduler).__name__}")


def _simulated(scheduler: Any, steps: int) -> Factor:
    done = max(0, int(getattr(scheduler, "last_epoch", 0)))
    run = simulate(scheduler, done, done + steps, ())
    group = max(range(len(run.peaks)), key=lambda i: run.peaks[i])
    peak = run.peaks[group] or 1.0

    def factor(share: float) -> float:
        at = done + share * steps
        nearest = min(range(len(run.rates[group])), key=lambda i: abs(run.steps[i] - at))
        return run.rates[group][nearest] / peak

    return factor
