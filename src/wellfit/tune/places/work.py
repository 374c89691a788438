"""What every worker does, wherever it was started: take a setting, run it, tell what it came to."""

import os
import sys
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from wellfit.errors import UsageError
from wellfit.model.study import StudyPlan, TrialSeen, TrialTold
from wellfit.prove.stage import STAGE_PREFIX, Stage
from wellfit.runs.alive import AliveLock
from wellfit.runs.home import find_home
from wellfit.tune.outcome.conclude import MOST_FAILED
from wellfit.tune.script.trial import Attempt, run_trial, told_of
from wellfit.tune.study.held import Setting
from wellfit.tune.study.ledger import Ledger
from wellfit.tune.study.leftovers import sweep

WAIT_S = 1.0
"""Seconds between two looks for a slot that is open again."""

LEFT_FOR_S = 86_400.0
"""Seconds for which what a killed trial of another search left is kept, for who goes on with that."""

NOTE = "study"
"""File beside a copy, with the name of the study whose trials run in it."""

Tell = Callable[[Ledger], None]


def on_this_machine(plan: StudyPlan) -> StudyPlan:
    """The plan with our own Python where it names that of the machine on which the search was begun."""
    if not plan.python or plan.words[:1] != (plan.python,):
        return plan
    return replace(plan, words=(sys.executable, *plan.words[1:]), python=sys.executable)


@contextmanager
def stage_of(plan: StudyPlan, needed: Collection[str] = ()) -> Iterator[Stage]:
    """Where the trials of a study run; copies that killed workers left are removed before.

    Args:
        plan: of the search.
        needed: copies of this study that stay, for killed trials go on in them.

    Raises:
        UsageError: the folder of the study is not here, or it has no script.
        ProofError: no trial run can be made.
    """
    if not plan.words:
        raise UsageError(
            f"the study {plan.name} searches over the function {plan.script}: another process that calls wellfit.tune"
            " with it and the same name and storage goes on with it"
        )
    folder = Path(plan.folder)
    if not folder.is_dir():
        raise UsageError(f"the study runs in {folder}, which is not on this machine: a worker needs the same folder")
    os.chdir(folder)
    runs = find_home(folder) / "runs"
    runs.mkdir(parents=True, exist_ok=True, mode=0o700)
    sweep(STAGE_PREFIX, lambda left: _is_needed(left, plan.name, needed))
    with Stage(plan.words, folder, also=(str(runs),), whole_command=True) as stage:
        (stage.folder.parent / NOTE).write_text(plan.name, encoding="utf-8")
        lock = AliveLock(stage.folder.parent)
        try:
            yield stage
        finally:
            lock.release()


def _is_needed(left: Path, study: str, needed: Collection[str]) -> bool:
    """Whether a trial may go on in a copy whose worker is gone."""
    if (left / NOTE).read_text(encoding="utf-8") != study:
        latest = max(path.lstat().st_mtime for path in (left, *left.glob("*"), *left.glob("*/*")))
        return time.time() - latest < LEFT_FOR_S
    return any(Path(copy).is_relative_to(left.resolve()) for copy in needed)


def work(  # noqa: PLR0913 - what a worker does, and until when
    ledger: Ledger,
    stage: Stage,
    worker: str,
    *,
    tell: Tell = lambda _: None,
    most: int | None = None,
    go_on: Callable[[], bool] = lambda: True,
    wait: Callable[[], None] = lambda: None,
) -> int:
    """Try settings until each has its end; where others are at the last ones, wait: these come back where workers go.

    Args:
        ledger: of the study.
        stage: where trials run.
        worker: name of this one; see `named_worker`.
        tell: called after each trial.
        most: trials of this worker at most; None for no limit.
        go_on: is asked before each trial.
        wait: called once, before it is waited for others.

    Returns:
        How many it tried.

    Raises:
        UsageError: the script fails always.
    """
    done, waits = 0, False
    while (most is None or done < most) and go_on():
        refuse_if_hopeless(ledger.ended())
        setting = ledger.ask(worker, str(stage.folder))
        if setting is None:
            if ledger.is_over():
                break
            if not waits:
                wait()
            waits = True
            time.sleep(WAIT_S)
            tell(ledger)
            continue
        waits = False
        ledger.tell(try_out(ledger, stage, setting))
        done += 1
        tell(ledger)
    refuse_if_hopeless(ledger.ended())
    return done


def try_out(ledger: Ledger, stage: Stage, setting: Setting) -> TrialTold:
    """Run a setting: where an attempt was killed, in what that left; anew where it comes to nothing there.

    A kill may come while a checkpoint is half written, or after the last one, when nothing is left to train or measure.
    """
    if setting.left_by:
        ran = run_trial(stage, ledger.plan, Attempt(setting.values, left_by=Path(setting.left_by)), ledger.note)
        told = told_of(ran, ledger.plan)
        if told.end != "failed" or ran.curves.get(ledger.plan.metric):
            return told
    return told_of(run_trial(stage, ledger.plan, Attempt(setting.values), ledger.note), ledger.plan)


def refuse_if_hopeless(ended: Sequence[TrialSeen]) -> None:
    """Stop where nothing but failures came.

    Raises:
        UsageError: with what the script said last.
    """
    tried = [trial for trial in ended if trial.slot]  # the script's own setting has been seen to work
    failed = [trial for trial in tried if trial.end in ("failed", "dead")]
    if len(failed) >= MOST_FAILED and len(failed) == len(tried):
        raise UsageError(
            f"{len(failed)} of {len(ended)} trials failed, all but the script's own setting; the latest:"
            f" {failed[-1].reason or 'its worker was gone'}. Narrow the ranges or mend the script, and begin another"
            f" search{_record_of(failed[-1])}"
        )


def _record_of(trial: TrialSeen) -> str:
    return f"; `wellfit runs show {trial.run[-4:]}` has the record of it" if trial.run else ""
