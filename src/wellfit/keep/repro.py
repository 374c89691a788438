"""Whether a script comes back: equal seeds, saving and loading, and how far its metrics move from seed to seed."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wellfit.deep.examine import DeepTerms, Watched, examine
from wellfit.deep.plan import DeepPlan
from wellfit.digest.read import read_log
from wellfit.errors import UsageError
from wellfit.keep.run import Asked, RunKept, record_run
from wellfit.model.events.deep import ProcedureRefused, ResumptionTried, RunsCompared
from wellfit.model.log import EventLog
from wellfit.model.repro import Reproduced
from wellfit.runs.home import find_home
from wellfit.runs.noise import write_noise
from wellfit.script.command import Command

WANTED = (RunsCompared.__name__, ResumptionTried.__name__)
FEWEST_SEEDS = 3


@dataclass(frozen=True, slots=True)
class ReproTerms:
    """What may be spent.

    Args:
        folder: absolute working folder.
        seeds: whole runs with other seeds, the user's own among them.
        budget_s: seconds for the short runs that are held against each other.
        tell: called with how many runs are over, of how many.
    """

    folder: Path
    seeds: int
    budget_s: float
    tell: Callable[[int, int], None] = lambda _done, _total: None


def reproduce(command: Command, terms: ReproTerms) -> Reproduced:
    """Run the script as it is, recorded; twice for a few steps with equal seeds; and whole with other seeds.

    Args:
        command: what starts it.
        terms: what may be spent.

    Raises:
        UsageError: it cannot be started, or fails.
    """
    total = terms.seeds + 1
    terms.tell(0, total)
    first = _run(command, terms, 0)
    terms.tell(1, total)
    log = _examined(command, terms, first)
    terms.tell(2, total)
    runs = [first]
    for number in range(1, terms.seeds):
        runs.append(_run(command, terms, number))
        terms.tell(number + 2, total)
    values = _best_values(runs)
    noise = write_noise(find_home(terms.folder) / "runs", command.name, values)
    refused = {event.procedure: event.reason for event in log.of(ProcedureRefused)} if log else {}
    return Reproduced(
        script=command.name,
        compared=log.last(RunsCompared) if log else None,
        resumed=log.last(ResumptionTried) if log else None,
        refused=tuple(refused.items()),
        runs=tuple(run.record.id for run in runs),
        values={name: tuple(found) for name, found in values.items()},
        noise=noise,
    )


def _run(command: Command, terms: ReproTerms, number: int) -> RunKept:
    kept = record_run(Asked(command, terms.folder, kind="run" if not number else "trial", seed_shift=number))
    if kept.outcome.exit_code:
        raise UsageError(f"the script ended with exit code {kept.outcome.exit_code}: there is nothing to compare")
    return kept


def _examined(command: Command, terms: ReproTerms, first: RunKept) -> EventLog | None:
    """The log of the first run, with what two short runs and a resumption showed added to it."""
    if not first.outcome.logs:
        return None
    path = Path(first.outcome.logs[0])
    watched = Watched(command.words, path, first.outcome.elapsed_s, first.outcome.exit_code)
    examine(watched, WANTED, DeepTerms(terms.folder, terms.budget_s, _silent, lambda _done, _total: None))
    return read_log(path)


def _silent(_: DeepPlan) -> None:
    """The bar of the whole says it."""


def _best_values(runs: list[RunKept]) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {}
    for run in runs:
        for metric in run.record.metrics:
            values.setdefault(metric.name, []).append(metric.best)
    return {name: found for name, found in values.items() if len(found) == len(runs)}
