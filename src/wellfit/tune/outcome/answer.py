"""What a search has come to, and who hears of it on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import Confirmed, Tuned
from wellfit.tune.outcome.conclude import best_of, notices, verdict_of
from wellfit.tune.outcome.importance import importance
from wellfit.tune.outcome.interactions import interactions
from wellfit.tune.study.address import without_password
from wellfit.tune.study.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Listener:
    """Who hears how far a search is.

    Args:
        planned: called with the plan once the script's own run is over, with notices.
        trials: called with all trials that have ended, after each.
        confirming: called with how many runs on fresh seeds are over, of how many.
        say: hears a sentence.
    """

    planned: Callable[[StudyPlan, Sequence[str]], None] = lambda _plan, _notices: None
    trials: Callable[[StudyPlan, Sequence[TrialSeen]], None] = lambda _plan, _trials: None
    confirming: Callable[[int, int], None] = lambda _done, _total: None
    say: Callable[[str], None] = lambda _sentence: None


def answer(ledger: Ledger, place: str, confirmed: Confirmed, runs: int, seconds: float) -> Tuned:
    """What is known by now.

    Args:
        ledger: of the study.
        place: of the study.
        confirmed: what came of fresh seeds.
        runs: of these.
        seconds: that this call took.
    """
    plan, trials = ledger.plan, ledger.ended()
    best = best_of(plan, trials)
    pairs, explained = interactions(plan, trials)
    matters = importance(plan, trials)
    return Tuned(
        plan=plan,
        place=without_password(place, place),
        trials=trials,
        best=None if best is None else best.slot,
        verdict=verdict_of(plan, best, confirmed),
        confirmed=confirmed,
        importance=matters.shares,
        interactions=pairs,
        explained=explained,
        notices=tuple(notices(plan, trials, best)),
        runs=len(trials) + runs,
        seconds=seconds,
        importance_within=matters.within,
        importance_leads=matters.leads,
    )
