"""Records as the tests need them."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from wellfit.model.record import MetricSummary, Option, RunRecord
from wellfit.runs.store import KeptRun, OpenRun, Store

DRAFT = RunRecord(
    id="",
    kind="run",
    words=("python", "train.py"),
    folder="/here",
    script="train.py",
    started="",
    status="running",
    pid=0,
)


def draft(**changes: Any) -> RunRecord:
    return replace(DRAFT, **changes)


def option(name: str, value: Any, default: Any = None) -> Option:
    return Option(name, value, default, "argparse")


def metric(name: str, last: float, best: float | None = None) -> MetricSummary:
    best = last if best is None else best
    return MetricSummary(name, "reported", 3, first=9.0, last=last, best=best, best_step=1, last_step=2)


def opened(store: Store, **changes: Any) -> OpenRun:
    run = store.begin(draft(**changes))
    assert isinstance(run, OpenRun), run
    return run


def finished(store: Store, status: str = "done", **changes: Any) -> KeptRun:
    """A run that has begun and ended."""
    run = opened(store, **changes)
    assert run.close(replace(run.record, status=status, exit_code=0 if status == "done" else 1)) is None
    return KeptRun(run.record, Path(run.folder))
