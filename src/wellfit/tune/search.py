"""The whole way of a search: scout, the script's own run, trials, fresh seeds, answer."""

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from wellfit.errors import FinderError, raise_all
from wellfit.model.events.record import VALIDATION_ACCURACY, VALIDATION_LOSS
from wellfit.model.knob import Knob
from wellfit.model.record import MetricSummary
from wellfit.model.study import StudyPlan, Take
from wellfit.model.tuned import Confirmed, Tuned
from wellfit.prove.stage import Stage
from wellfit.runs.home import find_home
from wellfit.runs.studies import note_aim
from wellfit.script.command import Command
from wellfit.tune.outcome.answer import Listener, answer
from wellfit.tune.outcome.fresh import Fresh, Wanted, fresh_of, run_fresh
from wellfit.tune.places.executor import Job
from wellfit.tune.places.executors import executor_of
from wellfit.tune.places.placed import Placed
from wellfit.tune.places.work import on_this_machine, stage_of
from wellfit.tune.samplers.sampling import check_sampler, count_trials
from wellfit.tune.script.metric import SCORED, choose_metric, direction_of, doubts_about, passed_over
from wellfit.tune.script.scout import scout
from wellfit.tune.script.trial import Attempt, Ran, run_trial, told_of
from wellfit.tune.study.beats import named_worker
from wellfit.tune.study.ledger import Ledger
from wellfit.tune.study.moving import bring, name_in, refuse_moved
from wellfit.tune.study.place import latest_study, place_of
from wellfit.tune.study.rungs import WORTH_PRUNING_S
from wellfit.tune.study.storage import check_free

GRACE_S = 60.0
SLOWEST = 5.0
"""A trial that takes so many times what the script's own run took, and the grace, is ended as failed."""


@dataclass(frozen=True, slots=True)
class TuneTerms:
    """What the user asks of a search.

    Args:
        metric: name; None takes what the script's evaluation shows.
        mode: `max` or `min`; None takes what the name says.
        take: value of a trial's curve that counts.
        trials: settings that are tried, the script's own among them; 0 for `USUAL_TRIALS`, or the whole of a grid.
        placed: where trials run.
        seed: of the search.
        sampler: one of `SAMPLERS`.
        prune: whether trials are ended that others are ahead of; None leaves it to how long a run takes.
        halving: end all but the best third at each rung, however long a run takes.
        seeds: fresh ones that the winner is run on.
        test_metric: that is looked at in these runs alone, and chooses nothing; None for none.
        name: of the study; None makes one from the script's and the time.
        storage: address of a database; None keeps the study in the folder's `.wellfit`.
        budget_s: seconds after which no trial is begun; None for no limit.
    """

    metric: str | None = None
    mode: str | None = None
    take: Take = "last"
    trials: int = 0
    placed: Placed = field(default_factory=Placed)
    seed: int = 0
    sampler: str = "tpe"
    prune: bool | None = None
    halving: bool = False
    seeds: int = 3
    test_metric: str | None = None
    name: str | None = None
    storage: str | None = None
    budget_s: float | None = None


def begin(command: Command, knobs: tuple[Knob, ...], terms: TuneTerms, folder: Path, listener: Listener) -> Tuned:
    """Search from the beginning.

    Args:
        command: that starts the script.
        knobs: as the user gave them; none leaves the choice to us.
        terms: of the search.
        folder: absolute working folder.
        listener: who hears of it.

    Raises:
        UsageError: a range or a name is wrong, or the study cannot be kept.
        FinderError: the script fails, or trains nothing.
        ProofError: no trial run can be made.
    """
    began = time.monotonic()
    name = terms.name or f"{Path(command.name).stem}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
    place = place_of(folder, name, terms.storage)
    check_free(place, name)
    check_sampler(terms.sampler)
    executor_of(terms.placed, listener.say).prepare(str(folder), place)
    python = sys.executable if command.words[0] == sys.executable else ""
    bare = StudyPlan(name, command.words, str(folder), command.name, (), "", higher_is_better=False, python=python)
    with stage_of(bare) as stage, named_worker() as worker:
        scouted = scout(stage, knobs)
        draft = replace(
            bare,
            knobs=scouted.knobs,
            metric=terms.metric or "val_loss",
            take=terms.take,
            trials=count_trials(terms.sampler, terms.trials, scouted.knobs),
            seed=terms.seed,
            sampler=terms.sampler,
            seen=scouted.seen,
            scored=terms.metric in {None, VALIDATION_LOSS, VALIDATION_ACCURACY},
        )
        own = run_trial(stage, draft, Attempt({}))
        if own.reason:
            raise FinderError(f"the script's own run failed: {own.reason}", script_failed=True)
        metric, doubts = _aim(own, terms)
        plan = replace(
            draft,
            metric=metric.name,
            higher_is_better=direction_of(metric, terms.mode),
            limit_s=GRACE_S + SLOWEST * own.seconds,
            points=max(1, metric.count),
            scored=metric.source == SCORED,
            prune=terms.halving or (own.seconds >= WORTH_PRUNING_S if terms.prune is None else terms.prune),
            halving=terms.halving,
        )
        listener.planned(plan, (*scouted.notices, *doubts))
        ledger = Ledger.create(place, plan, listener.say)
        note_aim(find_home(folder), plan)
        _note_own(ledger, stage, worker, own)
        return _search(ledger, (stage, worker), place, terms, listener, began)


def _aim(own: Ran, terms: TuneTerms) -> tuple[MetricSummary, list[str]]:
    """The metric of a search, and what the user should know of the choice."""
    metrics = own.record.metrics
    metric = choose_metric(metrics, terms.metric, own.curves, mode=terms.mode, unscored=own.unscored)
    if terms.test_metric is not None:
        choose_metric(metrics, terms.test_metric, own.curves)
    doubts = doubts_about(metric, terms.mode)
    return metric, doubts if terms.metric is not None else passed_over(metric, metrics, own.curves) + doubts


def _note_own(ledger: Ledger, stage: Stage, worker: str, own: Ran) -> None:
    """The script's own run is over already: it is trial 0."""
    ledger.ask(worker, str(stage.folder))
    ledger.note(own.curves.get(ledger.plan.metric, ()))
    ledger.tell(told_of(own, ledger.plan))


def resume(folder: Path, terms: TuneTerms, listener: Listener) -> Tuned:
    """Go on with a search that was ended.

    Args:
        folder: absolute working folder.
        terms: its name, storage, placed, seeds and budget count; of trials those that are more.
        listener: who hears of it.

    Raises:
        UsageError: there is none, or it cannot be gone on with.
    """
    began = time.monotonic()
    ledger, place = _open(folder, terms, listener)
    ledger.plan = on_this_machine(ledger.plan)
    _refuse_another_aim(ledger.plan, terms)
    executor_of(terms.placed, listener.say).prepare(ledger.plan.folder, place)
    check_sampler(ledger.plan.sampler)
    ledger.extend(count_trials(ledger.plan.sampler, terms.trials, ledger.plan.knobs) if terms.trials else 0)
    listener.planned(ledger.plan, ())
    with stage_of(ledger.plan, ledger.needed()) as stage, named_worker() as worker:
        return _search(ledger, (stage, worker), place, terms, listener, began)


def _open(folder: Path, terms: TuneTerms, listener: Listener) -> tuple[Ledger, str]:
    """The study that is gone on with; one in the folder is brought into a database that has none of its name."""
    if terms.storage is None:
        place = place_of(folder, terms.name or latest_study(folder), None)
        ledger = Ledger.open(place, None, listener.say)
        refuse_moved(ledger.engine, ledger.plan.name)
        return ledger, place
    name = terms.name or name_in(terms.storage) or latest_study(folder)
    if bring(Path(place_of(folder, name, None)), name, terms.storage):
        listener.say(f"the study {name} was copied into the database; what its folder has is no longer gone on with")
    return Ledger.open(terms.storage, name, listener.say), terms.storage


def _refuse_another_aim(plan: StudyPlan, terms: TuneTerms) -> None:
    """Trials that were chosen by one metric say nothing of another one."""
    mode = "max" if plan.higher_is_better else "min"
    mistakes = []
    if terms.metric not in (None, plan.metric):
        mistakes.append(f"the study {plan.name} is for {plan.metric}: begin another one for {terms.metric}")
    if terms.mode not in (None, mode):
        mistakes.append(f"the study {plan.name} is for --mode {mode}: begin another one for --mode {terms.mode}")
    raise_all(mistakes)


def _search(  # noqa: PLR0913, PLR0917 - what a search hangs on
    ledger: Ledger, here: tuple[Stage, str], place: str, terms: TuneTerms, listener: Listener, began: float
) -> Tuned:
    stage, worker = here

    def go_on() -> bool:
        return terms.budget_s is None or time.monotonic() < began + terms.budget_s

    def tell(ledger: Ledger) -> None:
        listener.trials(ledger.plan, ledger.ended())

    executor_of(terms.placed, listener.say).run(Job(place, ledger, stage, worker, tell, go_on))
    confirmed, runs = _confirm(ledger, stage, terms, listener)
    return answer(ledger, place, confirmed, runs, time.monotonic() - began)


def _confirm(ledger: Ledger, stage: Stage, terms: TuneTerms, listener: Listener) -> tuple[Confirmed, int]:
    def run(wanted: Sequence[Wanted]) -> Iterator[Fresh]:
        for values, seed in wanted:
            ran = run_trial(stage, ledger.plan, Attempt(values, seed))
            yield fresh_of(
                told_of(ran, ledger.plan), {metric: curve[-1] for metric, curve in ran.curves.items() if curve}
            )

    return run_fresh(ledger, terms.seeds, run, listener.confirming, terms.test_metric)
