"""Sets a trial run up, right after the observer: seeds, guard, cures, and the phase in which answers are scored."""

from typing import TYPE_CHECKING

from wellfit.intervene.catalogue import INTERVENTIONS
from wellfit.intervene.eager import stay_eager
from wellfit.intervene.freeze import Freeze
from wellfit.intervene.guard import Guard
from wellfit.intervene.intervention import Intervention
from wellfit.intervene.phases import Phases
from wellfit.intervene.seeds import shift_seeds
from wellfit.intervene.sites import Sites
from wellfit.model.events.trial import Intervened, WriteRefused

if TYPE_CHECKING:
    from wellfit.model.cure import Cure, Trial
    from wellfit.observe.watch import Watch


def arm(trial: "Trial", watch: "Watch") -> None:
    """Change this process as the trial says, before the user's program begins."""
    sites = Sites(trial.root, trial.copy)
    phases = Phases(trial.train_steps)
    interventions = [_make(cure, sites, phases, watch) for cure in trial.cures]
    shift_seeds(trial.seed)
    stay_eager()
    if trial.copy:
        Guard(trial.root, trial.copy, trial.allowed, lambda path: watch.emit(WriteRefused(path))).install()
    for intervention in interventions:
        intervention.install()
    Freeze(phases).install()
    watch.closing.append(lambda: _report(interventions, watch))


def _make(cure: "Cure", sites: Sites, phases: Phases, watch: "Watch") -> Intervention:
    kind = next(kind for kind in INTERVENTIONS if kind.name == cure.intervention)
    intervention = kind(cure, sites, phases)
    intervention.emit = watch.emit
    intervention.finish = watch.finish
    intervention.rest = watch.rest
    return intervention


def _report(interventions: list[Intervention], watch: "Watch") -> None:
    for intervention in interventions:
        for score in intervention.scores():
            watch.emit(score)
        refusal = intervention.refusal
        if watch.compiled and not intervention.times:
            refusal = refusal or "part of the model is compiled, where nothing can be changed"
        watch.emit(
            Intervened(
                intervention.name,
                intervention.times,
                refusal,
                intervention.changes_loss,
                tuple(intervention.changed_at),
            )
        )
