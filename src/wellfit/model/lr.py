"""What `wellfit lr` says of a script."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class OptimizerRates:
    """The learning rates of one optimizer.

    Args:
        kind: its class.
        made_at: the user's line that constructed it; None where no line of the user's did.
        scheduler: class of its scheduler; empty where it has none.
        scheduled_at: the user's line that constructed that; None where no line of the user's did.
        peaks: of each parameter group, the highest rate that the script has for it.
        found: the same, as found; empty where no rate was found.
        by_hand: the script sets its rates itself from step to step; peaks are the highest seen then.
    """

    kind: str
    made_at: Place | None
    scheduler: str
    scheduled_at: Place | None
    peaks: tuple[float, ...]
    found: tuple[float, ...] = ()
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class SweptPoint:
    """One step of the sweep: the rate, the loss before it, and the smoothed loss."""

    rate: float
    loss: float
    smoothed: float


@dataclass(frozen=True, slots=True)
class RacedPoint:
    """One short training: its rate, its optimizer steps, and the held-out loss at its end."""

    rate: float
    steps: int
    loss: float


@dataclass(frozen=True, slots=True)
class RateAnswer:
    """The learning rate for a script's whole run, or why there is none; true where there is one.

    Rates are those of the optimizer's largest parameter group, at the peak of its schedule.

    Args:
        script: as the user named it.
        root: absolute folder of the user's own files.
        verdict: "ok", "at the edge", "flat", "diverged", "too few points" or "wide".
        reason: the verdict in a sentence.
        optimizers: those that stepped.
        rate: that was found; None without one.
        interval: lowest and highest rate that cannot be told from the best; None where nothing is known of it.
        multiplier: of all rates; None without one.
        present: the rate that the script has.
        present_excess: share of the best loss by which that one is expected to end higher; None where it is unknown.
        default: the constant that most take for such an optimizer; None where there is none.
        default_excess: the same for the constant.
        planned: optimizer steps of the whole run.
        planned_known: false where nobody says how long it is.
        steps: optimizer steps that the search trained.
        runs: of the script, each a short one.
        seconds: that all of it took.
        judged_on: which rows the rates were judged on.
        swept: the sweep.
        raced: the short trainings.
        repeats: rates that the longest of them lead to, one for each time that they were run on other batches; empty
            without a rate.
        notices: what to know besides.
    """

    script: str
    root: str
    verdict: str
    reason: str
    optimizers: tuple[OptimizerRates, ...]
    rate: float | None
    interval: tuple[float, float] | None
    multiplier: float | None
    present: float
    present_excess: float | None
    default: float | None
    default_excess: float | None
    planned: int
    planned_known: bool
    steps: int
    runs: int
    seconds: float
    judged_on: str
    swept: tuple[SweptPoint, ...] = ()
    raced: tuple[RacedPoint, ...] = ()
    repeats: tuple[float, ...] = ()
    notices: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether a rate was found."""
        return self.rate is not None
