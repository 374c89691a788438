"""Runs the procedures one after the other, and adds what they saw to the log of the watched run."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from wellfit.deep.catalogue import PROCEDURES
from wellfit.deep.plan import FEWEST_STEPS, DeepPlan, choose_procedures, make_plan
from wellfit.deep.procedure import AS_IS, Procedure, Trials, Variant
from wellfit.digest.read import read_log
from wellfit.errors import ProcedureError, ProofError
from wellfit.model.codec import encode
from wellfit.model.events.deep import ProcedureRefused, StepHashed
from wellfit.model.events.run import Armed, Counted
from wellfit.model.log import EventLog
from wellfit.prove.stage import Stage
from wellfit.prove.trial import TrialRun

SLOWEST = 4.0
"""A run may take so many times what was expected of it, and its grace, before it is killed."""

GRACE_S = 30.0

IN_EVERY_RUN = (StepHashed.__name__,)
"""What two runs are compared by; the rest is looked at in the unchanged run alone."""

INTERRUPTED = "it was interrupted before this was looked at"


@dataclass(frozen=True, slots=True)
class DeepTerms:
    """What a deep look may cost, and who is told of it.

    Args:
        folder: absolute working folder, which is copied.
        budget_s: seconds for all trial runs.
        announce: told what will run, before anything does.
        tell: told how many runs are done, and of how many.
    """

    folder: Path
    budget_s: float
    announce: Callable[[DeepPlan], None]
    tell: Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Watched:
    """The run that was watched, as far as a deep look must know it.

    Args:
        words: of the command: Python, then what it runs.
        log: its main log, to which the events are added.
        elapsed_s: seconds that it took.
        exit_code: of the script.
    """

    words: Sequence[str]
    log: Path
    elapsed_s: float
    exit_code: int


def examine(watched: Watched, wanted: Sequence[str], terms: DeepTerms) -> None:
    """Run the procedures whose events are wanted; each adds its events, or the reason why it has none.

    Args:
        watched: the run.
        wanted: names of the events that the chosen rules read.
        terms: what may be spent.
    """
    procedures = choose_procedures(PROCEDURES, wanted)
    if not procedures:
        return
    log = read_log(watched.log)
    with watched.log.open("ab") as file:
        if log.missing and not watched.log.read_bytes().endswith(b"\n"):
            file.write(b"\n")  # a run that was killed left half a line
        for event in _events(watched, log, procedures, terms):
            file.write(encode(event).encode() + b"\n")
            file.flush()


def _events(watched: Watched, log: EventLog, procedures: tuple[Procedure, ...], terms: DeepTerms) -> Iterator[object]:
    counted = log.last(Counted)
    steps = 0 if counted is None else counted.steps
    plan = make_plan(procedures, steps=steps, elapsed_s=watched.elapsed_s, budget_s=terms.budget_s) if steps else None
    if watched.exit_code:
        yield from _refuse_all(procedures, "the script failed, and a deep look runs it again")
    elif plan is None:
        yield from _refuse_all(
            procedures, f"the script makes {steps} optimizer steps, and a trial run takes {FEWEST_STEPS} at least"
        )
    else:
        terms.announce(plan)
        yield from _run(plan, watched, log, terms)


def _run(plan: DeepPlan, watched: Watched, log: EventLog, terms: DeepTerms) -> Iterator[object]:
    waiting = list(plan.procedures)
    try:
        armed = log.last(Armed)
        with Stage(watched.words, terms.folder, None if armed is None else armed.started) as stage:
            runs = _Runs(stage, plan, terms)
            trials = Trials(runs.get, log, plan.train_steps)
            while waiting:
                yield from _look(waiting[0], trials)
                del waiting[0]
    except ProofError as error:
        yield from _refuse_all(waiting, str(error))
    except KeyboardInterrupt:
        yield from _refuse_all(waiting, INTERRUPTED)


def _look(procedure: Procedure, trials: Trials) -> list[object]:
    """All events of one procedure, or its refusal: an interrupted one leaves nothing half said."""
    try:
        return list(procedure.look(trials))
    except ProcedureError as error:
        return [_refusal(procedure, str(error))]


def _refuse_all(procedures: Sequence[Procedure], reason: str) -> Iterator[object]:
    return (_refusal(procedure, reason) for procedure in procedures)


def _refusal(procedure: Procedure, reason: str) -> ProcedureRefused:
    return ProcedureRefused(procedure.name, tuple(kind.__name__ for kind in procedure.writes), reason)


class _Runs:
    """The trial runs so far; each variant runs once, when it is first asked for."""

    def __init__(self, stage: Stage, plan: DeepPlan, terms: DeepTerms) -> None:
        self._stage = stage
        self._plan = plan
        self._tell = terms.tell
        self._deadline = time.monotonic() + terms.budget_s
        self._run_s = plan.run_s
        self._done: dict[Variant, TrialRun] = {}
        self._tell(0, len(plan.variants))

    def get(self, variant: Variant) -> TrialRun:
        """The run of a variant.

        Raises:
            ProcedureError: it failed, the unchanged script did, or there is no time for it.
        """
        if variant != AS_IS:
            self.get(AS_IS)
        run = self._done.get(variant) or self._start(variant)
        if run.failure is not None:
            raise ProcedureError(f"the script was run once more, {variant.name}: {run.failure}")
        refusal = next(filter(None, run.refusals), None)
        if refusal is not None:
            raise ProcedureError(refusal)
        return run

    def _start(self, variant: Variant) -> TrialRun:
        if self._done and time.monotonic() + self._run_s > self._deadline:
            raise ProcedureError("the time of --budget was up before this was looked at")
        run = self._stage.run(
            variant.cures,
            seed=0,
            train_steps=self._plan.train_steps,
            score_steps=self._plan.score_steps + self._plan.to_the_end,
            limit_s=SLOWEST * self._run_s + GRACE_S,
            listens=IN_EVERY_RUN if variant.cures else (*IN_EVERY_RUN, *self._plan.listens),
        )
        self._done[variant] = run
        self._run_s = max(run.elapsed_s, self._run_s if len(self._done) > 1 else 0.0)
        self._tell(len(self._done), len(self._plan.variants))
        return run


def main_log(logs: Sequence[str]) -> Path | None:
    """Of several processes' logs, the one with the most optimizer steps; None where nothing was trained."""
    counts = {log: read_log(Path(log)).last(Counted) for log in logs}
    steps = {log: counted.steps for log, counted in counts.items() if counted is not None and counted.steps}
    return Path(max(steps, key=lambda log: steps[log])) if steps else None
