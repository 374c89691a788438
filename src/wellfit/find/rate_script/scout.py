"""The first trial run: what trains, at which rates, on which data, and for how long."""

from dataclasses import dataclass

from wellfit.errors import FinderError
from wellfit.model.cure import Cure
from wellfit.model.events.rates import LoaderTrained, RatesSeen
from wellfit.model.events.recipe import RecipeCompared
from wellfit.model.wishes import Wishes
from wellfit.prove.stage import Stage
from wellfit.prove.trial import EARLY, TrialRun

STEPS = 8
"""Optimizer steps of the scout."""

LONGEST_S = 600.0
"""Seconds until it must have made them."""

USUAL_STEPS = 1000
"""Of a run that does not show how long it is."""


@dataclass(frozen=True, slots=True)
class Scouted:
    """What the scout saw.

    Args:
        optimizers: those that stepped, the one with most steps first.
        loader: that trains; None where the batches come from none.
        planned: steps of the main optimizer in the whole run.
        planned_known: whether anybody says so.
        scheduled_every: of its steps from one call of its scheduler to the next; None where it has none, or that
            cannot be told.
        every: steps of all optimizers for each one of the main one.
        losses: of its steps.
        elapsed_s: that the run took.
    """

    optimizers: tuple[RatesSeen, ...]
    loader: LoaderTrained | None
    planned: int
    planned_known: bool
    scheduled_every: float | None
    every: float
    losses: tuple[float | None, ...]
    elapsed_s: float

    @property
    def calls(self) -> float | None:
        """Of its scheduler in the whole run; None where it has none, or nobody knows how long the run is."""
        return self.planned / self.scheduled_every if self.planned_known and self.scheduled_every else None


def scout(stage: Stage, *, epochs: float | None, planned: int | None) -> Scouted:
    """Run the script for a few steps, as it is.

    Args:
        stage: where it runs.
        epochs: passes over the data in the whole run, as the user says; None where not.
        planned: optimizer steps in the whole run, as the user says; None where not.

    Raises:
        FinderError: it fails, trains nothing, or has no rate that could be changed.
    """
    run = _run(stage, epochs)
    if run.failure is not None and stage.leave_out_what_is_new():
        run = _run(stage, epochs)
    stepped = sorted((seen for seen in run.log.of(RatesSeen) if seen.steps), key=lambda seen: -seen.steps)
    _check(run, stepped)
    loader = run.log.last(LoaderTrained)
    _check_loader(loader)
    compared = run.log.last(RecipeCompared)
    trained = run.ended.trained if run.ended else 0
    every = trained / stepped[0].steps
    length, known = _length(compared, stepped[0].steps, whole=trained < STEPS)
    return Scouted(
        optimizers=tuple(stepped),
        loader=loader,
        planned=planned or length,
        planned_known=known or planned is not None,
        scheduled_every=compared.length.scheduled_every if compared else None,
        every=every,
        losses=run.losses,
        elapsed_s=run.elapsed_s,
    )


def _run(stage: Stage, epochs: float | None) -> TrialRun:
    cures = (Cure("multiply_rates"), Cure("hold_back"))
    wishes = Wishes(epochs=epochs)
    return stage.run(cures, seed=0, train_steps=STEPS, score_steps=0, limit_s=LONGEST_S, whole=False, wishes=wishes)


def _check(run: TrialRun, stepped: list[RatesSeen]) -> None:
    if run.failure is not None and not run.failure.startswith(EARLY):
        raise FinderError(f"the script could not be run: {run.failure}", script_failed=True)
    if not stepped:
        raise FinderError("no optimizer stepped: the script trains nothing that a rate could be found for")
    if not any(stepped[0].peaks):
        raise FinderError(f"the learning rate of {stepped[0].kind} is 0, and the search multiplies it")


def _check_loader(loader: LoaderTrained | None) -> None:
    """Where one batch is all that there is, rows can be held back from that one only, and another would be trained."""
    if loader is None or loader.rows is None or loader.batch_size is None or loader.rows > loader.batch_size:
        return
    raise FinderError(
        f"the {loader.rows:,} rows of the loader that trains make one batch, of which none can be held back to judge"
        " on: a smaller batch size gives more than one; wellfit.find_lr takes validation data of its own"
    )


def _length(compared: RecipeCompared | None, steps: int, *, whole: bool) -> tuple[int, bool]:
    """Steps of the whole run, and whether anybody says so."""
    if whole:
        return steps, True
    if compared is None:
        return USUAL_STEPS, False
    return max(steps, compared.length.steps), compared.length.known
