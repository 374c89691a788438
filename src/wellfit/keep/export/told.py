"""What other trackers are told of a run: without secrets, and in text that every encoder takes."""

import math
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wellfit.keep.compare import patch_of
from wellfit.keep.curves import told_in
from wellfit.model.events.record import MetricSeen
from wellfit.model.record import RunRecord, Status
from wellfit.report.naming import encodable
from wellfit.runs.record_file import record_text
from wellfit.runs.secrets import mask
from wellfit.runs.store import KeptRun

PREFIX = "wellfit."
"""Before the name of each fact, which would pass for one of the tracker's own otherwise."""

RECORD_FILE, PATCH_FILE = "record.json", "changes.patch"

Curves = Mapping[str, tuple[MetricSeen, ...]]


@dataclass(frozen=True, slots=True)
class Told:
    """One run that has ended.

    Args:
        id: of the run.
        script: as the user named it.
        status: see `Status`.
        exit_code: of its process; None where nobody saw it.
        host: name of its machine; empty where it is not known.
        began_s: seconds since 1970.
        ended_s: seconds since 1970, by the clock that only goes forward.
        options: value by name, with None where that was parsed.
        facts: text by name, each with `PREFIX`: status, command, commit ...
        curves: values by metric, in order.
        bests: best value and its step by metric.
        files: text by name.
        notes: about its reading, a sentence each.
    """

    id: str
    script: str
    status: Status
    exit_code: int | None
    host: str
    began_s: float
    ended_s: float
    options: Mapping[str, str | float | None]
    facts: Mapping[str, str]
    curves: Curves
    bests: Mapping[str, tuple[float, int]]
    files: Mapping[str, str]
    notes: tuple[str, ...] = ()


class Target(Protocol):
    """A tracker's store in a folder."""

    def has(self, run: str) -> bool:
        """Whether the run of this id is there in whole."""

    def write(self, told: Told) -> None:
        """Write a run that is not there in whole.

        Raises:
            ExportError: the tracker did not take it.
        """

    @property
    def opened_by(self) -> str:
        """The command that shows, or sends on, what was written."""


def told_of(run: KeptRun) -> Told:
    """What is told of a run.

    Args:
        run: that has ended.
    """
    record = run.record
    began_s = datetime.fromisoformat(record.started).timestamp()
    recorded = told_in(run.folder)
    patch = patch_of(run)
    files = {RECORD_FILE: record_text(record, run.plain)} | ({PATCH_FILE: encodable(patch)} if patch else {})
    return Told(
        id=record.id,
        script=encodable(record.script),
        status=record.status,
        exit_code=record.exit_code,
        host=encodable(record.machine.host) if record.machine else "",
        began_s=began_s,
        ended_s=began_s + _span(record),
        options={encodable(name): _plain(value) for name, value in record.values.items()},
        facts={PREFIX + name: encodable(mask(text)) for name, text in _facts(record) if text},
        curves={encodable(name): points for name, points in recorded.curves.items()} if recorded else {},
        bests={encodable(metric.name): (metric.best, metric.best_step) for metric in record.metrics},
        files=files,
        notes=(*run.notes, *([recorded.unread] if recorded and recorded.unread else [])),
    )


def _span(record: RunRecord) -> float:
    """Seconds that it took; none where its record does not say."""
    return record.elapsed_s if record.elapsed_s is not None and math.isfinite(record.elapsed_s) else 0.0


def _plain(value: str | float | None) -> str | float | None:
    """No number that JSON does not have: some trackers make null of it."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _facts(record: RunRecord) -> Iterator[tuple[str, str]]:
    yield "status", record.status
    yield "kind", record.kind
    yield "started", record.started
    yield "parent", record.parent or ""
    yield "command", shlex.join(record.words)
    yield "found", ", ".join(f"{v.rule} {v.name}" for v in record.verdicts if v.verdict == "found")
    if record.git is not None:
        yield "commit", record.git.commit or ""
        yield "branch", record.git.branch or ""
        yield "local_changes", "yes" if record.git.dirty else "no"
    if record.machine is not None:
        yield "host", record.machine.host
        yield "devices", ", ".join(record.machine.devices)
    if record.software is not None:
        yield "python", record.software.python
        yield "torch", record.software.packages.get("torch", "")
