"""From a script to its learning rate: scout, sweep, race."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from wellfit.find.budget import most_steps
from wellfit.find.defaults import default_rate, learning_slope
from wellfit.find.doubts import doubts
from wellfit.find.rate_script.legs import OutOfTimeError, ScriptEndedError, ScriptLegs
from wellfit.find.rate_script.scout import Scouted, scout
from wellfit.find.search import FOUND, VERDICTS, Result, Terms, search
from wellfit.find.spending import Spending
from wellfit.model.events.rates import LoaderTrained
from wellfit.model.lr import OptimizerRates, RacedPoint, RateAnswer, SweptPoint
from wellfit.model.run import Started
from wellfit.prove.stage import Stage
from wellfit.script.command import Command

LONGEST = 0.2
"""Of the steps of a search, about those of its longest leg."""

ALONE = (
    "searched on one process: where several train together, each step has the batches of all of them, and mostly"
    " stands a higher rate"
)

MOST_ATTEMPTS = 3
"""Searches that are begun: the steps of one that was begun in vain count."""

EXPECTED_RUNS = 16
"""Scout, start, sweep, and the legs of a race whose best rates lie within its first ones."""


@dataclass(frozen=True, slots=True)
class RateTerms:
    """What is known of the whole run.

    Args:
        epochs: passes over the data in the whole run; None takes what the script shows.
        planned: optimizer steps in it; None the same.
        budget_steps: optimizer steps of the search at most; None takes no more than the whole run has.
        repeats: how often the longest legs are run, beyond these steps from the second time on; None takes 1 where
            there is such a limit, and is left to the search elsewhere.
    """

    epochs: float | None = None
    planned: int | None = None
    budget_steps: int | None = None
    repeats: int | None = None


def find_rate(command: Command, terms: RateTerms, spending: Spending, *, started: Started | None = None) -> RateAnswer:
    """Look for the learning rate with which the script's whole run ends at the lowest held-out loss.

    Args:
        command: what starts it.
        terms: what is known of the run.
        spending: what may be spent.
        started: how the process that trains is started, where a launcher does it.

    Raises:
        FinderError: nothing can be looked for.
        ProofError: no trial run can be made.
    """
    began = time.monotonic()
    spending.tell(0, EXPECTED_RUNS)
    with Stage(command.words, spending.folder, started) as stage:
        scouted = scout(stage, epochs=terms.epochs, planned=terms.planned)
        spending.tell(1, EXPECTED_RUNS)

        def heard(runs: int) -> None:
            spending.tell(runs, max(runs, EXPECTED_RUNS))

        legs = ScriptLegs(stage, scouted, began + spending.budget_s, heard)
        result = _searched(legs, terms, spending.budget_s)
    answer = _answer(command, result, legs, time.monotonic() - began)
    alone = (ALONE,) if started is not None and started.ranked else ()
    return replace(answer, notices=(*answer.notices, *alone))


def _searched(legs: ScriptLegs, terms: RateTerms, budget_s: float) -> Result:
    """Search; again for a run that turned out to be shorter than it was told to be."""
    try:
        if not legs.scouted.planned_known or legs.scouted.loader is None:
            legs.explore(round(LONGEST * most_steps(legs.scouted.planned)))
        for _ in range(MOST_ATTEMPTS):
            try:
                return search(legs, _terms(legs, terms))
            except ScriptEndedError as ended:
                legs.begin_again(max(1, round(ended.steps / legs.scouted.every)))
    except OutOfTimeError:
        reason = f"{budget_s:.0f} s were over after {legs.runs} of about {EXPECTED_RUNS} runs: give it more time"
        return Result("too few points", reason)
    return Result("too few points", "the script ends after another number of steps each time that it is run")


def _terms(legs: ScriptLegs, asked: RateTerms) -> Terms:
    scouted = legs.scouted
    kind, default = scouted.optimizers[0].kind, default_rate(scouted.optimizers[0].kind)
    return Terms(
        planned=scouted.planned,
        budget=asked.budget_steps or most_steps(scouted.planned),
        factor=lambda _: 1.0,  # the script's own schedule runs within each leg
        learning=learning_slope(kind),
        epoch=_steps_of_a_pass(scouted.loader),
        usual=default / legs.rates.largest if default else None,
        repeats=asked.repeats or (1 if asked.budget_steps else None),
    )


def _steps_of_a_pass(loader: LoaderTrained | None) -> float | None:
    """Optimizer steps of one epoch; None where the loader does not say."""
    if loader is None or not loader.rows or not loader.batch_size or loader.batches_a_step <= 0:
        return None
    return loader.rows / (loader.batch_size * loader.batches_a_step)


def _answer(command: Command, result: Result, legs: ScriptLegs, seconds: float) -> RateAnswer:
    scouted = legs.scouted
    base, default = legs.rates.largest, default_rate(scouted.optimizers[0].kind)
    multiplier = result.multiplier
    return RateAnswer(
        script=command.name,
        root=str(command.root or Path.cwd()),
        verdict=result.verdict,
        reason=result.reason or VERDICTS[result.verdict],
        optimizers=tuple(_rates(scouted, multiplier)),
        rate=None if multiplier is None else base * multiplier,
        interval=(result.interval[0] * base, result.interval[1] * base) if result.interval else None,
        multiplier=multiplier,
        present=base,
        present_excess=None if scouted.optimizers[0].by_hand else result.excess_of(1.0),
        default=default,
        default_excess=result.excess_of(default / base) if default else None,
        planned=scouted.planned,
        planned_known=scouted.planned_known,
        steps=legs.steps,
        runs=legs.runs,
        seconds=seconds,
        judged_on=_judged_on(legs),
        swept=tuple(SweptPoint(base * p.multiplier, p.loss, p.smoothed) for p in result.sweep),
        raced=tuple(RacedPoint(base * leg.multiplier, leg.steps, leg.loss) for leg in result.legs),
        repeats=() if multiplier is None else tuple(base * 10**log for log in result.repeats),
        notices=tuple(_notices(legs, result)),
    )


def _rates(scouted: Scouted, multiplier: float | None) -> Iterator[OptimizerRates]:
    for seen in scouted.optimizers:
        rates = OptimizerRates(
            kind=seen.kind,
            made_at=seen.made_at,
            scheduler=seen.scheduler,
            scheduled_at=seen.scheduled_at,
            peaks=seen.peaks,
            by_hand=seen.by_hand,
        )
        yield rates if multiplier is None else replace(rates, found=tuple(p * multiplier for p in seen.peaks))


def _judged_on(legs: ScriptLegs) -> str:
    if legs.held is None and legs.scouted.loader is not None:
        return "nothing: no short run was made"
    if legs.judged_rows and legs.held is not None:
        return f"{legs.judged_rows:,} of {legs.held.rows:,} training rows, held back from training in the search"
    if legs.evaluated_rows:
        return f"{legs.evaluated_rows:,} answers of the script's own evaluation, at the end of the epoch"
    return "the training batches that follow each short run"


def _notices(legs: ScriptLegs, result: Result) -> Iterator[str]:
    scouted = legs.scouted
    if not scouted.planned_known:
        yield (
            f"nothing in the script says how long it runs: {scouted.planned:,} steps are assumed;"
            " --epochs or --planned says it"
        )
    if not legs.judged_rows and not legs.evaluated_rows and legs.runs > 1:
        why = legs.held.refusal if legs.held and legs.held.refusal else "the batches come from no DataLoader"
        yield f"no rows are held back, since {why}: rates are judged on rows that may have been trained on before"
    yield from doubts(result, legs.rows)
    if any(seen.by_hand for seen in scouted.optimizers):
        yield (
            "the script sets its rates itself, from step to step: the rate found is for a constant one; take it as the"
            " highest of the course"
        )
    if len(scouted.optimizers) > 1:
        yield f"{len(scouted.optimizers)} optimizers step; one multiplier moves all of their rates"
    if result.verdict in FOUND and scouted.optimizers[0].scheduler == "ReduceLROnPlateau":
        yield "ReduceLROnPlateau lowers the rate by what it sees; the short runs have no such course"
