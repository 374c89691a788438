"""Runs small scripts under the real observer, in a forked child: torch is imported once for all of them."""

import os
import random
import sys
import tempfile
import traceback
import types
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sklearn.datasets  # noqa: F401 - once, before the forks
import torch

from wellfit.catalogue import RULES
from wellfit.declare.params import DECLARED
from wellfit.digest.folds import digest
from wellfit.digest.read import read_log
from wellfit.digest.recorded import Recorded, fold_record
from wellfit.judge import judge, merge
from wellfit.model.log import EventLog
from wellfit.model.rule import Rule, Verdict
from wellfit.model.run import WatchSettings
from wellfit.model.wishes import Wishes


@dataclass(frozen=True)
class WatchedRun:
    """What a watched script left behind."""

    logs: tuple[EventLog, ...]
    verdicts: dict[str, Verdict]
    output: str
    exit_code: int

    def found(self) -> dict[str, Verdict]:
        """Verdicts with findings, by rule name."""
        return {v.name: v for v in self.verdicts.values() if v.verdict == "found"}


def run_plain(script: Path, *argv: str) -> tuple[str, int]:
    """Run a script the same way, but with nobody watching: what it wrote, and its exit code."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        pid = os.fork()
        if pid == 0:
            _run_in_child(script, argv, None, output)
        _, status = os.waitpid(pid, 0)
        return output.read_text(), os.waitstatus_to_exitcode(status)


def run_watched(
    script: Path,
    *argv: str,
    steps: int | None = None,
    rules: tuple[Rule, ...] = RULES,
    wishes: Wishes | None = None,
) -> WatchedRun:
    """Run a script as `__main__` in a forked child that is armed first."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        pid = os.fork()
        if pid == 0:
            _run_in_child(script, argv, WatchSettings(folder, steps, wishes=wishes), output)
        _, status = os.waitpid(pid, 0)
        logs = tuple(read_log(p) for p in sorted(Path(folder).glob("events-*.jsonl")))
        judged = [judge(rules, digest(log)) for log in logs] or [judge(rules, digest(EventLog(())))]
        verdicts = {v.rule: v for v in merge(judged)}
        return WatchedRun(logs, verdicts, output.read_text(), os.waitstatus_to_exitcode(status))


def run_recorded(script: Path, *argv: str) -> tuple[Recorded, EventLog, str]:
    """Run a script the same way, recorded alone: what the record holds, its log, and what the script wrote."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output.txt"
        pid = os.fork()
        if pid == 0:
            _run_in_child(script, argv, WatchSettings(folder, wanted=("Tracked",), record=True, lean=True), output)
        os.waitpid(pid, 0)
        (log,) = (read_log(p) for p in sorted(Path(folder).glob("events-*.jsonl")))
        return fold_record(log), log, output.read_text()


def run_with(script: Path, settings: WatchSettings, output: Path) -> int:
    """Run a script the same way under these settings: its exit code."""
    pid = os.fork()
    if pid == 0:
        _run_in_child(script, (), settings, output)
    _, status = os.waitpid(pid, 0)
    return os.waitstatus_to_exitcode(status)


def _run_in_child(script: Path, argv: tuple[str, ...], settings: WatchSettings | None, output: Path) -> None:
    """Never returns: a forked test runner that went on would run the tests again."""
    code = 1
    DECLARED.clear()  # what other tests have declared in this process is not the script's
    try:
        _redirect(output)
        code = _run_as_main(script, argv, settings)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _redirect(output: Path) -> None:
    descriptor = os.open(output, os.O_WRONLY | os.O_CREAT)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", closefd=False)


def _run_as_main(script: Path, argv: tuple[str, ...], settings: WatchSettings | None) -> int:
    from wellfit.observe.arm import arm

    torch.set_num_threads(1)
    random.seed(0)
    np.random.seed(0)
    sys.argv = [str(script), *argv]
    sys.path.insert(0, str(script.parent))
    main = types.ModuleType("__main__")
    main.__file__ = str(script)
    sys.modules["__main__"] = main
    arming = None if settings is None else arm(settings)
    if arming is not None and settings is not None and settings.wishes is not None:
        from wellfit.advise.arm import arm as advise

        advise(settings.wishes, arming.watch)
    if arming is not None and settings is not None and settings.record:
        from wellfit.record.arm import arm as keep_record

        keep_record(settings, arming)
    if arming is not None and settings is not None and settings.retrace is not None:
        from wellfit.intervene.retrace.arm import arm as retrace

        retrace(settings.retrace, arming)
    code = _execute(script, main)
    if arming is not None:
        arming.watch.end("exit")
    return code


def _execute(script: Path, main: types.ModuleType) -> int:
    try:
        exec(compile(script.read_text(), str(script), "exec"), main.__dict__)
    except SystemExit as leaving:
        return int(leaving.code or 0)
    return 0
