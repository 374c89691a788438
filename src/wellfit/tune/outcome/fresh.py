"""The winner and the setting it is held against, on seeds that the search did not use."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from wellfit.model.knob import Value
from wellfit.model.study import TrialTold
from wellfit.model.tuned import Confirmed
from wellfit.tune.outcome.conclude import best_of, confirm
from wellfit.tune.study.ledger import Ledger

CONFIRMED = "confirmed"
"""Note of a study with what came of fresh seeds."""

TESTED = "tested"
"""Note of a study with the metric that is looked at in them alone."""

VALUE = "*"
"""Name in it of the value that the search is for; no metric is called so."""

Wanted = tuple[Mapping[str, Value], int]
"""Values of the knobs, none for the script's own setting, and by how much its seeds are shifted."""

Fresh = Mapping[str, float | None]
"""Last values of the metrics of one run, and `VALUE`."""


def fresh_of(told: TrialTold, lasts: Mapping[str, float]) -> Fresh:
    """What one run came to.

    Args:
        told: of the run.
        lasts: of all its metrics.
    """
    finite = {metric: value for metric, value in lasts.items() if math.isfinite(value)}
    return {**finite, VALUE: told.value if told.end == "done" else None}


def run_fresh(
    ledger: Ledger,
    seeds: int,
    run: Callable[[Sequence[Wanted]], Iterator[Fresh]],
    confirming: Callable[[int, int], None],
    test_metric: str | None = None,
) -> tuple[Confirmed, int]:
    """Run both settings on fresh seeds; what a former call has run is not run again.

    Args:
        ledger: of the study.
        seeds: so many.
        run: gives what each wanted run came to, in their order; fewer where it was interrupted.
        confirming: is told how many are over, of how many.
        test_metric: that is looked at in these runs alone; None for the one of a former call, if any.

    Returns:
        What is known by now of the two, and of how many runs.
    """
    test_metric = _remembered(ledger, test_metric)
    best = best_of(ledger.plan, ledger.ended())
    if best is None or best.slot == 0 or not seeds:
        return Confirmed(), 0
    known: dict[str, Fresh] = dict(ledger.noted(CONFIRMED) or {})
    settings: Mapping[str, Mapping[str, Value]] = {"own": {}, str(best.slot): dict(best.values)}
    numbers = range(1, seeds + 1)
    wanted = {f"{name}/{n}": (values, n) for n in numbers for name, values in settings.items()}
    missing = {key: one for key, one in wanted.items() if key not in known}
    for key, fresh in zip(missing, run(list(missing.values())), strict=False):
        known[key] = fresh
        ledger.note_of_study(CONFIRMED, known)
        confirming(sum(key in known for key in wanted), len(wanted))
    whole = tuple(n for n in numbers if all(f"{name}/{n}" in known for name in settings))

    def of(name: str, metric: str) -> tuple[float | None, ...]:
        return tuple(known[f"{name}/{n}"].get(metric) for n in whole)

    own, winner = settings
    found = confirm(whole, of(own, VALUE), of(winner, VALUE))
    if test_metric is not None:
        tests = of(own, test_metric), of(winner, test_metric)
        found = replace(found, test_metric=test_metric, own_test=tests[0], winner_test=tests[1])
    return found, len(known)


def _remembered(ledger: Ledger, test_metric: str | None) -> str | None:
    """The metric that is asked for now, or was before."""
    before: str | None = ledger.noted(TESTED)
    if test_metric in (None, before):
        return before
    ledger.note_of_study(TESTED, test_metric)
    return test_metric
