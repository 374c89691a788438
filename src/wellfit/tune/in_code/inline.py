"""The whole way of a search in code: its study begun or joined, trials, fresh seeds, answer."""

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Protocol

from wellfit.errors import UsageError
from wellfit.model.study import StudyPlan, TrialSeen, TrialTold
from wellfit.model.tuned import Confirmed, Tuned
from wellfit.tune.in_code.caller import Caller
from wellfit.tune.outcome.answer import Listener, answer
from wellfit.tune.outcome.conclude import MOST_FAILED
from wellfit.tune.outcome.fresh import Fresh, Wanted, run_fresh
from wellfit.tune.study.beats import named_worker
from wellfit.tune.study.ledger import Ledger
from wellfit.tune.study.rungs import WORTH_PRUNING_S
from wellfit.tune.study.storage import MEMORY, has_study

LONGEST_BEGIN_S = 10.0
"""Seconds that who joins a study waits until it has been begun."""

LOOK_S = 0.2
"""Seconds between two looks at what others have done."""

INTERRUPTED = "interrupted: this is what was there by then"


@dataclass(frozen=True, slots=True)
class Ends:
    """How a search ends.

    Args:
        seeds: fresh ones that defaults and winner are run on.
        test_metric: that is looked at in these runs alone; None for none.
        budget_s: seconds after which no trial is begun; None for no limit.
    """

    seeds: int
    test_metric: str | None = None
    budget_s: float | None = None


class Way(Protocol):
    """How trials are run."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What the user should know of it, in sentences."""

    def begin(self, plan: StudyPlan) -> tuple[StudyPlan, TrialTold | None]:
        """The plan with how often a trial reports, and what the defaults came to, where they had to be run for that."""

    def work(self, ledger: Ledger, worker: str, go_on: Callable[[], bool], tell: Callable[[], None]) -> None:
        """Try settings until no slot is open, by the name of a worker."""

    def run_fresh(self, plan: StudyPlan, wanted: Sequence[Wanted]) -> Iterator[Fresh]:
        """What each of some settings comes to, whole."""


class FunctionWay:
    """One trial after the other, by a function.

    Args:
        caller: of it.
        prune: whether trials are ended that others are ahead of; None leaves it to how long one takes.
    """

    def __init__(self, caller: Caller, *, prune: bool | None) -> None:
        self._caller, self._prune = caller, prune

    @property
    def notices(self) -> tuple[str, ...]:
        """None."""
        return ()

    def begin(self, plan: StudyPlan) -> tuple[StudyPlan, TrialTold | None]:
        """Run the defaults: how often they report says where the rungs stand."""
        own = self._caller.run(plan, {})
        prune = own.seconds >= WORTH_PRUNING_S if self._prune is None else self._prune
        return replace(plan, points=max(1, own.points), prune=prune), own

    def work(self, ledger: Ledger, worker: str, go_on: Callable[[], bool], tell: Callable[[], None]) -> None:
        """Try settings until no slot is open.

        Raises:
            UsageError: nothing but failures came.
        """
        while go_on():
            refuse_if_nothing_works(ledger.ended(), self._caller.error)
            setting = ledger.ask(worker, "")
            if setting is None:
                if len(ledger.ended()) >= ledger.plan.trials:
                    break
                time.sleep(LOOK_S)  # others are at the last ones, which come back where their processes go
                continue
            try:
                told = self._caller.run(ledger.plan, setting.values, enough=ledger.note)
            except BaseException:
                ledger.tell(TrialTold("dead", None, INTERRUPTED))  # whoever goes on tries it again
                raise
            ledger.tell(told)
            tell()
        refuse_if_nothing_works(ledger.ended(), self._caller.error)

    def run_fresh(self, plan: StudyPlan, wanted: Sequence[Wanted]) -> Iterator[Fresh]:
        """One setting after the other."""
        return self._caller.run_fresh(plan, wanted)


def refuse_if_nothing_works(ended: Sequence[TrialSeen], error: Exception | None) -> None:
    """Stop where nothing but failures came.

    Args:
        ended: trials.
        error: that the latest raised here.

    Raises:
        UsageError: with what the latest failed with.
    """
    failed = [trial for trial in ended if trial.end in ("failed", "dead")]
    if len(failed) >= MOST_FAILED and len(failed) == len(ended):
        said = failed[-1].reason or "their processes were gone"
        raise UsageError(f"{len(failed)} of {len(ended)} trials failed, and none did not: {said}") from error


def search(way: Way, plan: StudyPlan, place: str, ends: Ends, listener: Listener) -> Tuned:
    """Begin a study, or go on with it, until it has its answer or is interrupted.

    Args:
        way: how trials are run.
        plan: of the search, but for what its first trial shows.
        place: where it is kept.
        ends: when and how.
        listener: who hears how far it is.

    Raises:
        UsageError: the study cannot be kept, or is another one; or nothing but failures came.
    """
    began = time.monotonic()

    def go_on() -> bool:
        return ends.budget_s is None or time.monotonic() < began + ends.budget_s

    with named_worker() as worker, closing(_opened(way, plan, place, worker, listener)) as ledger:
        listener.trials(ledger.plan, ledger.ended())

        def run_wanted(run: Callable[[Sequence[Wanted]], Iterator[Fresh]]) -> tuple[Confirmed, int]:
            return run_fresh(ledger, ends.seeds, run, listener.confirming, ends.test_metric)

        notices: tuple[str, ...] = ()
        try:
            way.work(ledger, worker, go_on, lambda: listener.trials(ledger.plan, ledger.ended()))
            confirmed, runs = run_wanted(lambda wanted: way.run_fresh(ledger.plan, wanted))
        except KeyboardInterrupt:
            notices = (INTERRUPTED,)
            confirmed, runs = run_wanted(lambda _: iter(()))
        found = answer(ledger, place, confirmed, runs, time.monotonic() - began)
    return replace(found, notices=(*notices, *way.notices, *found.notices))


def _opened(way: Way, plan: StudyPlan, place: str, worker: str, listener: Listener) -> Ledger:
    if place != MEMORY and has_study(place, plan.name):
        return _joined(plan, place, listener)
    plan, own = way.begin(plan)
    try:
        ledger = Ledger.create(place, plan, listener.say)
    except UsageError:
        if place != MEMORY and has_study(place, plan.name):  # another process was quicker
            return _joined(plan, place, listener)
        raise
    if own is not None:
        ledger.ask(worker, "")
        ledger.tell(own)
    return ledger


def _joined(plan: StudyPlan, place: str, listener: Listener) -> Ledger:
    """Go on with a study, or take part in it.

    Raises:
        UsageError: it is another search.
    """
    deadline = time.monotonic() + LONGEST_BEGIN_S
    while True:
        try:
            ledger = Ledger.open(place, plan.name, listener.say, secrets.randbelow(1 << 20))
        except UsageError:
            if time.monotonic() > deadline:
                raise
            time.sleep(LOOK_S)
        else:
            break
    there = ledger.plan
    if (there.knobs, there.metric, there.higher_is_better, there.words) != (
        plan.knobs,
        plan.metric,
        plan.higher_is_better,
        plan.words,
    ):
        ledger.close()
        raise UsageError(f"the study {plan.name} has another space or metric: give this one another name")
    ledger.extend(plan.trials)
    return ledger
