"""What every procedure is: a few trial runs of the script, and the events that they lead to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from wellfit.model.cure import Cure
from wellfit.model.log import EventLog
from wellfit.prove.trial import TrialRun


@dataclass(frozen=True, slots=True)
class Variant:
    """One trial run.

    Args:
        name: what is said of it while it runs; runs of one name are one run.
        cures: what is changed about the script.
    """

    name: str
    cures: tuple[Cure, ...] = field(default=(), hash=False, compare=False)


AS_IS = Variant("as it is")
AGAIN = Variant("as it is, again")


@dataclass(frozen=True, slots=True)
class Trials:
    """What a procedure may ask.

    Args:
        run: gives a trial run of a variant, the same one each time; raises `ProcedureError` where there is none.
        watched: log of the user's own run.
        train_steps: optimizer steps of each trial run that train.
    """

    run: Callable[[Variant], TrialRun]
    watched: EventLog
    train_steps: int


@dataclass(frozen=True, slots=True)
class Procedure:
    """One experiment.

    Args:
        name: in the words of a report.
        writes: event types that `look` yields; it runs where a chosen rule reads one of them.
        variants: the trial runs that it asks for.
        listens: event types that the trial run `AS_IS` must hold for it.
        look: runs the trials and yields the events; raises `ProcedureError` with the reason where it cannot.
    """

    name: str
    writes: tuple[type, ...]
    variants: tuple[Variant, ...]
    look: Callable[[Trials], Iterator[object]]
    listens: tuple[type, ...] = ()
