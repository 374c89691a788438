"""The whole way from a script, or from saved logs, to a report."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from wellfit.catalogue import RULES
from wellfit.deep.examine import DeepTerms, examine, main_log
from wellfit.deep.examine import Watched as WatchedDeep
from wellfit.digest.folds import digest, events_behind
from wellfit.digest.read import read_log
from wellfit.digest.summary import RunSummary, summarize
from wellfit.errors import FinderError, LogError, UsageError
from wellfit.find.batch_script.search import BatchTerms
from wellfit.find.batch_script.search import find_batch as _find_batch
from wellfit.find.rate_script.rate import RateTerms
from wellfit.find.rate_script.rate import find_rate as _find_rate
from wellfit.find.spending import Spending
from wellfit.judge import judge, merge, put_cures_first
from wellfit.keep.check import checking
from wellfit.keep.run import Asked
from wellfit.model.advice import Advice
from wellfit.model.batch import BatchAnswer
from wellfit.model.events.recipe import RecipeCompared
from wellfit.model.events.run import ProbeBroke
from wellfit.model.log import EventLog
from wellfit.model.lr import RateAnswer
from wellfit.model.report import Fit, Report
from wellfit.model.rule import Rule, Unseen, Verdict
from wellfit.model.run import Outcome, Started, WatchSettings
from wellfit.model.wishes import Wishes
from wellfit.prove.findings import Listener, Terms
from wellfit.prove.plan import Pace
from wellfit.prove.recipe import Watched, prove_recipe
from wellfit.report.naming import describe_exit
from wellfit.script.command import Command, resolve
from wellfit.script.launch import find_logs, launch
from wellfit.selection import choose
from wellfit.settings import read_settings
from wellfit.suppress import suppress
from wellfit.version import __version__


@dataclass(frozen=True, slots=True)
class Plan:
    """A check that is known to be well asked for: what to launch, which rules to ask, when to stop."""

    command: Command
    rules: tuple[Rule, ...]
    steps: int | None


def plan(
    typed: Sequence[str],
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    steps: int | None = None,
) -> Plan:
    """Find the script, the settings of its project, and the rules.

    Args:
        typed: script, `-m` and module, or a program; then its own arguments.
        select: ids, names or families of the rules to run; empty means the project's setting, else all.
        ignore: of the rules to leave out; empty means the project's setting, else none.
        steps: optimizer steps after which the script ends; None means the project's setting, else no end.

    Raises:
        UsageError: no such script, bad settings, unknown rules.
    """
    command = resolve(typed)
    settings = read_settings(command.root or Path.cwd())
    rules = choose(RULES, select=select or settings.select, ignore=ignore or settings.ignore)
    return Plan(command, rules, settings.steps if steps is None else steps)


def check(asked: Plan, *, keep_log: Path | None = None, deep: DeepTerms | None = None, record: bool = False) -> Report:
    """Run the script while watching it, and judge what was seen.

    Args:
        asked: from `plan`.
        keep_log: folder, or file that ends in .jsonl, that the event logs are copied to.
        deep: what the procedures of a deep look may cost; None leaves them out.
        record: keep a record of the run, with the verdicts.

    Raises:
        UsageError: the command cannot be started.
    """
    with checking(Asked(asked.command, Path.cwd(), kind="check"), record=record) as checked:
        wanted = tuple(dict.fromkeys(e.__name__ for rule in asked.rules for e in events_behind(rule.needs)))
        outcome = checked.launch(asked.steps, wanted)
        if deep is not None and (log := main_log(outcome.logs)):
            examine(WatchedDeep(asked.command.words, log, outcome.elapsed_s, outcome.exit_code), wanted, deep)
        report = _report([Path(log) for log in outcome.logs], asked.rules, _reason_for_nothing(outcome))
        failure = _keep(outcome.logs, keep_log) if keep_log else ()
        named = _named(report, asked.command)
        unkept = checked.end(outcome, named)
    return replace(
        named,
        exit_code=outcome.exit_code,
        notices=(*_notices(outcome, report.steps), *report.notices, *failure, *unkept),
        elapsed_s=outcome.elapsed_s,
    )


def mistakes_of_wishes(wishes: Wishes) -> list[str]:
    """What is wrong with the names in them, one sentence each; torch is loaded where there are names."""
    if wishes.family is None and wishes.optimizer is None:
        return []
    from wellfit.recipes.choose import check_names

    return check_names(wishes.family, wishes.optimizer)


def advise(asked: Plan, wishes: Wishes, *, proof: tuple[Terms, Listener] | None = None) -> Advice:
    """Run a few steps of the script, and put the recipe of its model's family beside what it does.

    Args:
        asked: from `plan`.
        wishes: what goes before what the run shows; its names are known ones.
        proof: what measuring the recipe may cost, and who is told of it; None leaves it out.

    Raises:
        UsageError: the command cannot be started.
    """
    with _log_folder() as folder:
        outcome = launch(asked.command.words, WatchSettings(str(folder), asked.steps, (), wishes=wishes))
        logs = [_read(Path(log)) for log in outcome.logs]
    compared = [event for log in logs if (event := log.last(RecipeCompared))]
    summaries = [summarize(log) for log in logs]
    main = max(summaries, key=lambda summary: summary.steps, default=None)
    steps = main.steps if main else 0
    broken = [f"{event.probe} broke: {event.error}" for log in logs for event in log.of(ProbeBroke)]
    lost = [] if compared or broken or not steps else [_LOST]
    advice = Advice(
        script=asked.command.name,
        root=str(asked.command.root or Path.cwd()),
        comparison=max(compared, key=lambda event: event.parameters, default=None),
        notices=(*_notices(outcome, steps), *_failure(outcome), *broken, *lost),
        steps=steps,
        exit_code=outcome.exit_code,
    )
    if proof is None or main is None:
        return advice
    pace, processes = Pace(main.steps, main.start_s, main.stepping_s), sum(s.steps > 0 for s in summaries)
    return prove_recipe(advice, Watched(asked.command, wishes, pace, main.started, processes), *proof)


def find_rate(asked: Plan, terms: RateTerms, spending: Spending) -> RateAnswer:
    """Look for the learning rate of a script's whole run, by short runs of it in a copy of the folder.

    Args:
        asked: from `plan`.
        terms: what the user says about the run.
        spending: what may be spent.

    Raises:
        UsageError: the command cannot be started.
        FinderError: nothing can be looked for.
        ProofError: no short run can be made.
    """
    return _find_rate(asked.command, terms, spending, started=_how_started(asked.command))


def find_batch(asked: Plan, terms: BatchTerms, spending: Spending) -> BatchAnswer:
    """Look for the batch size of a script, by short runs of it in a copy of the folder.

    Args:
        asked: from `plan`.
        terms: what the user says about the run.
        spending: what may be spent.

    Raises:
        UsageError: the command cannot be started.
        FinderError: nothing can be looked for.
        ProofError: no short run can be made.
    """
    return _find_batch(asked.command, terms, spending, started=_how_started(asked.command))


def _how_started(command: Command) -> Started | None:
    """What a launcher starts, from a few steps of it; None where the command is the training process itself."""
    if command.root is not None:
        return None
    with _log_folder() as folder:
        outcome = launch(command.words, WatchSettings(str(folder), LAUNCHED_STEPS, ()))
        summaries = [summarize(_read(Path(log))) for log in outcome.logs]
    main = max(summaries, key=lambda summary: summary.steps, default=None)
    if main is None or not main.steps:
        raise FinderError("no optimizer stepped: the command trains nothing that could be tuned")
    return main.started


LAUNCHED_STEPS = 4
"""Optimizer steps of a launcher's processes, to see what it starts."""

_LOST = (
    "nothing can be compared: no module that the loop calls holds what the optimizer trains, or the process was killed"
)


def _failure(outcome: Outcome) -> tuple[str, ...]:
    said = describe_exit(outcome.exit_code)
    return (said,) if said else ()


def _named(report: Report, command: Command) -> Report:
    """The report under the name that the user gave; a launcher's under that of the program it started."""
    if command.root is not None:
        return replace(report, script=command.name, root=str(command.root))
    if not report.script:
        return replace(report, script=command.name, root=str(Path.cwd()))
    return replace(report, script=Path(report.script).name)


def judge_logs(paths: Sequence[Path], *, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> Report:
    """Judge saved event logs of one run; works where torch is not installed.

    Args:
        paths: files, or folders that hold event logs.
        select: ids, names or families of the rules to run; empty means all.
        ignore: of the rules to leave out.

    Raises:
        UsageError: unknown rules, no such file, a folder without logs.
        LogError: a log cannot be read.
    """
    rules = choose(RULES, select=select, ignore=ignore)
    return _report([log for path in paths for log in _logs_at(path)], rules, "the log holds no events")


@contextmanager
def _log_folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="wellfit-", ignore_cleanup_errors=True) as folder:
        yield Path(folder).resolve()


def _logs_at(path: Path) -> list[Path]:
    if not path.exists():
        raise UsageError(f"no such event log: {path}")
    if not path.is_dir():
        return [path]
    logs = [Path(log) for log in find_logs(path)]
    if not logs:
        raise UsageError(f"no event logs (events-RANK-PID.jsonl) in {path}")
    return logs


def _keep(logs: Sequence[str], target: Path) -> tuple[str, ...]:
    """Copy the logs; the failure in words, if it comes to one."""
    try:
        if target.suffix == ".jsonl":
            for number, log in enumerate(logs):
                shutil.copyfile(log, target.with_stem(f"{target.stem}-{number}") if number else target)
        else:
            target.mkdir(parents=True, exist_ok=True)
            for log in logs:
                shutil.copy(log, target)
    except OSError as error:
        return (f"the event logs could not be kept in {target}: {error.strerror or error}",)
    return ()


def _report(paths: Sequence[Path], rules: Sequence[Rule], nothing: str) -> Report:
    logs = [_read(path) for path in paths]
    summaries = [summarize(log) for log in logs]
    main = max(summaries, key=lambda s: (s.rank == 0, s.steps), default=None)
    verdicts, suppressed = suppress(_judge_all(logs, rules, nothing), rules)
    return Report(
        wellfit=__version__,
        script=main.script if main else "",
        root=str(Path(main.script).parent) if main and main.script else "",
        steps=main.steps if main else 0,
        sampled_steps=main.sampled_steps if main else 0,
        exit_code=None,
        verdicts=verdicts,
        fit=put_cures_first(main.fit, verdicts) if main else Fit(reason=nothing),
        curves=main.curves if main else (),
        notices=_told(summaries),
        suppressed=suppressed,
        processes=max(1, sum(summary.steps > 0 for summary in summaries)),
        started=main.started if main else None,
        start_s=main.start_s if main else 0.0,
        stepping_s=main.stepping_s if main else 0.0,
    )


def _read(path: Path) -> EventLog:
    try:
        return read_log(path)
    except OSError as error:
        raise LogError(f"{path} cannot be read: {error.strerror or error}") from error


def _judge_all(logs: Sequence[EventLog], rules: Sequence[Rule], nothing: str) -> tuple[Verdict, ...]:
    if not logs:
        return judge(rules, lambda _kind: Unseen(nothing))
    return merge([judge(rules, digest(log)) for log in logs])


def _told(summaries: Sequence[RunSummary]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(notice for summary in summaries for notice in summary.notices))


def _reason_for_nothing(outcome: Outcome) -> str:
    if not outcome.armed:
        return "no Python process could be watched"
    if not outcome.torch_imported:
        return "torch was never imported"
    return "no model was run and no optimizer stepped"


def _notices(outcome: Outcome, steps: int) -> tuple[str, ...]:
    errors = [f"the observer could not start: {error}" for error in outcome.errors]
    if not outcome.armed:
        return (
            "no Python process could be watched: -I, -E or -S, a Python below 3.10 or a cleared environment prevent it",
            *errors,
        )
    if not outcome.torch_imported:
        return ("torch was never imported: there was nothing to watch", *errors)
    nothing = () if steps else ("no optimizer step was seen: nothing was trained",)
    return (*nothing, *errors)
