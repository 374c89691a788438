"""What a report says of the run as a whole."""

from dataclasses import dataclass

from wellfit.digest.fit import fold_fit
from wellfit.model.events.run import Armed, Counted, Ended, ProbeBroke, SteppedAside, Tracked
from wellfit.model.log import EventLog
from wellfit.model.report import Curve, Fit
from wellfit.model.run import Started


@dataclass(frozen=True, slots=True)
class RunSummary:
    """Totals, curves, and sentences about what was not seen as it should be.

    Args:
        ended: "exit", "budget", "exception", or None where the log has no end.
        started: how its process was started; None where the log does not say.
        start_s: seconds from the import of torch to the end of its first optimizer step.
        stepping_s: seconds from there to its end.
    """

    script: str
    rank: int
    steps: int
    sampled_steps: int
    curves: tuple[Curve, ...]
    fit: Fit
    notices: tuple[str, ...]
    ended: str | None
    started: Started | None
    start_s: float
    stepping_s: float


def summarize(log: EventLog) -> RunSummary:
    """Fold a log into the run's totals."""
    armed, counted, ended = log.last(Armed), log.last(Counted), log.last(Ended)
    first = next((count for count in log.of(Counted) if count.steps), None)
    return RunSummary(
        script="" if armed is None else armed.script,
        rank=0 if armed is None else armed.rank,
        steps=0 if counted is None else counted.steps,
        sampled_steps=0 if counted is None else counted.sampled_steps,
        curves=_curves(log),
        fit=fold_fit(log),
        notices=(*log.missing, *_notices(log)),
        ended=None if ended is None else ended.how,
        started=None if armed is None else armed.started,
        start_s=0.0 if first is None else first.elapsed_s,
        stepping_s=0.0 if counted is None or first is None else counted.elapsed_s - first.elapsed_s,
    )


def _curves(log: EventLog) -> tuple[Curve, ...]:
    stretches = log.of(Tracked)
    steps = tuple(s for t in stretches for s in t.steps)
    if not steps:
        return ()
    losses = tuple(v for t in stretches for v in t.losses)
    rates = tuple(v for t in stretches for v in t.rates)
    return (Curve("loss", steps, losses), Curve("learning rate", steps, rates))


def _notices(log: EventLog) -> list[str]:
    broken = [f"probe {e.probe} turned itself off: {e.error}" for e in log.of(ProbeBroke)]
    aside = [f"{e.what}: stepped aside, because {e.reason}" for e in log.of(SteppedAside)]
    return broken + aside
