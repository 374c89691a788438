"""From the trials of a search to its answer: the winner on fresh seeds, and what the ranges have to do with it."""

import math
from collections.abc import Iterator, Sequence
from statistics import fmean, stdev

from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.model.tuned import Confirmed, Verdict
from wellfit.prove.effect import quantile

EDGE = 0.05
"""Share of a range at either end that counts as its edge."""

MOST_FAILED = 3
"""Trials that may fail before any does not, until the search is given up."""

FEWEST_EQUAL = 3
"""Whole trials that are not equal by chance."""

MANY_DIVERGED = 1 / 3
EARLY, LATE = 0.1, 0.75
"""Shares of a run before and behind which the best step says that the run is too long, or too short."""

MANY = 0.5
"""Share of the best trials for which that must hold."""

TOP = 5
UPTURN = 0.05
"""By which the winner's end may be worse than its own best."""


def best_of(plan: StudyPlan, trials: Sequence[TrialSeen]) -> TrialSeen | None:
    """The best whole trial; of equal ones the first."""
    whole = _ranked(plan, trials)
    return whole[0] if whole else None


def _ranked(plan: StudyPlan, trials: Sequence[TrialSeen]) -> list[TrialSeen]:
    whole = [trial for trial in trials if trial.end == "done" and trial.value is not None]
    sign = -1 if plan.higher_is_better else 1
    return sorted(whole, key=lambda trial: (sign * (trial.value or 0.0), trial.slot))


def confirm(seeds: Sequence[int], own: Sequence[float | None], winner: Sequence[float | None]) -> Confirmed:
    """Compare two settings by runs under equal seeds.

    Args:
        seeds: of the runs.
        own: value under the script's own setting, by seed; None where there is none.
        winner: the same under the winner's.
    """
    pairs = [(a, b) for a, b in zip(own, winner, strict=True) if a is not None and b is not None]
    differences = [b - a for a, b in pairs if math.isfinite(a) and math.isfinite(b)]
    if len(differences) < 2:  # noqa: PLR2004 - a spread takes two
        return Confirmed(tuple(seeds), tuple(own), tuple(winner))
    half = quantile(len(differences) - 1) * stdev(differences) / math.sqrt(len(differences))
    return Confirmed(tuple(seeds), tuple(own), tuple(winner), fmean(differences), half)


def verdict_of(plan: StudyPlan, best: TrialSeen | None, confirmed: Confirmed) -> Verdict:
    """What the search came to.

    Args:
        plan: of the search.
        best: trial; None where none was whole.
        confirmed: of it.
    """
    if best is None:
        return "none"
    if best.slot == 0:
        return "own"
    if _only_own_failed(confirmed):
        return "better"
    if confirmed.mean is None or confirmed.half is None:
        return "unconfirmed"
    if abs(confirmed.mean) <= confirmed.half:
        return "tie"
    return "better" if (confirmed.mean > 0) == plan.higher_is_better else "worse"


def _only_own_failed(confirmed: Confirmed) -> bool:
    """Whether the script's own setting gave nothing on any seed, and the winner's did on each."""
    own, winner = confirmed.own, confirmed.winner
    return bool(own) and all(value is None for value in own) and all(value is not None for value in winner)


def notices(plan: StudyPlan, trials: Sequence[TrialSeen], best: TrialSeen | None) -> Iterator[str]:
    """What the user should do about the ranges and the length of runs, in sentences."""
    constant = list(_constant(plan, trials))
    turned = list(_upturn(plan, best)) if best is not None else []
    if best is not None:
        yield from _edges(plan, best)
    yield from constant or turned or _lengths(plan, trials)
    yield from _diverged(plan, trials)
    failed = [trial for trial in trials if trial.end in ("failed", "dead")]
    if failed:
        yield f"{len(failed)} of {len(trials)} trials failed; the latest: {failed[-1].reason or 'its worker was gone'}"


def _constant(plan: StudyPlan, trials: Sequence[TrialSeen]) -> Iterator[str]:
    whole = _ranked(plan, trials)
    if len(whole) >= FEWEST_EQUAL and whole[0].value == whole[-1].value:
        yield (
            f"{plan.metric} is {whole[0].value:.4g} in all {len(whole)} whole trials: nothing that was searched changes"
            " it; see that it is computed with the trained model, or choose another metric"
        )


def _edges(plan: StudyPlan, best: TrialSeen) -> Iterator[str]:
    for knob in plan.knobs:
        if best.slot == 0 or knob.choices or knob.key not in best.values:
            continue
        share = share_of(knob, float(best.values[knob.key]))
        natural = not knob.log and (knob.low or 0.0) == 0.0  # nothing lies below 0 of a regularizer
        if share < EDGE and not natural:
            yield f"the best {knob.name} lies at the lower end of its range: widen it downwards and search on"
        elif share > 1 - EDGE:
            yield f"the best {knob.name} lies at the upper end of its range: widen it upwards and search on"


def share_of(knob: Knob, value: float) -> float:
    """Where in its range a value lies, from 0 to 1."""
    low, high = knob.low or 0.0, knob.high or 0.0
    if knob.log:
        return math.log(value / low) / math.log(high / low)
    return (value - low) / (high - low)


def _upturn(plan: StudyPlan, best: TrialSeen) -> Iterator[str]:
    if best.best is None or best.value is None or plan.take == "best":
        return
    lost = (best.best - best.value) if plan.higher_is_better else (best.value - best.best)
    if lost > UPTURN * max(abs(best.best), 1e-12):
        yield (
            f"the best trial ends at {best.value:.4g}, behind its own best of {best.best:.4g}"
            + (f" at {best.best_at:.0%} of the run" if best.best_at is not None else "")
            + ": stop early there, or widen the ranges of the regularizers upwards"
        )


def _diverged(plan: StudyPlan, trials: Sequence[TrialSeen]) -> Iterator[str]:
    gone = [trial for trial in trials if trial.end == "diverged"]
    if len(gone) > MANY_DIVERGED * len(trials) and len(gone) > 1:
        alone = [trial.slot for trial in trials if trial.end == "done"] == [0]
        how = "narrow the ranges around the script's own setting" if alone else "lower the upper ends of the ranges"
        yield f"{plan.metric} was not finite in {len(gone)} of {len(trials)} trials: {how}"


def _lengths(plan: StudyPlan, trials: Sequence[TrialSeen]) -> Iterator[str]:
    shares = [t.best_at for t in _ranked(plan, trials)[:TOP] if t.best_at is not None]
    if len(shares) < TOP or plan.points < 4:  # noqa: PLR2004 - quarters of a run are not told from three values
        return
    if sum(share < EARLY for share in shares) > MANY * len(shares):
        yield "the best trials are best within the first tenth of their runs: shorter runs would do"
    elif sum(share > LATE for share in shares) > MANY * len(shares):
        yield "the best trials are best at the end of their runs: longer runs may move the best setting"
