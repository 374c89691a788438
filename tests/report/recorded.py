"""Records for the tests of what is shown of them."""

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

from wellfit.model.record import GitState, Machine, MetricSummary, Option, RunRecord, Seeds, Software

NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
STARTED = "2026-11-28T11:58:00.000000+00:00"
FIRST, SECOND = "20261128-115800-abcd", "20261128-115900-efgh"

PLAIN = RunRecord(
    id=FIRST,
    kind="run",
    words=("python", "train.py", "--lr", "0.1"),
    folder="/here",
    script="train.py",
    started=STARTED,
    status="done",
    pid=1,
    elapsed_s=42.0,
    exit_code=0,
)


def run(**changes: Any) -> RunRecord:
    return replace(PLAIN, **changes)


def option(name: str, value: Any, default: Any = None) -> Option:
    return Option(name, value, default, "argparse")


def metric(name: str, value: float, **changes: Any) -> MetricSummary:
    return replace(MetricSummary(name, "printed", 3, 9.0, value, value, 1, 2), **changes)


def full(text: str, identity: str = FIRST) -> RunRecord:
    """A record that holds a text wherever a record holds one."""
    return run(
        id=identity,
        words=("python", text),
        folder=f"/{text}",
        script=text,
        parent=text,
        git=GitState(f"/{text}", "a" * 40, text, staged=(text,), unstaged=(text,)),
        machine=Machine(text, text, text, 2, None, devices=(text,), driver=text),
        software=Software(text, text, {text: text, "torch": text}),
        options=(option(text, text, text),),
        seeds=Seeds({text: 1}, threads=1),
        data=(text,),
        metrics=(metric(text, 0.5, source=text),),
        notes=(text,),
    )
