"""What one traced run left behind, process by process, and where two of them part."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from wellfit.digest.read import read_log
from wellfit.digest.recorded import Recorded
from wellfit.keep.curves import told_in
from wellfit.model.events.retrace import FileRead, OperationTraced, ProcessTraced, SourceRead
from wellfit.model.events.run import Counted
from wellfit.model.log import EventLog
from wellfit.script.launch import find_logs

Events = tuple[OperationTraced | SourceRead, ...]
"""Of one process, in their order."""


@dataclass(frozen=True, slots=True)
class Traced:
    """One traced run.

    Args:
        failure: why it says nothing, in words; None where it does.
        told: what its record tells.
        processes: events by process; the first is called by an empty string.
        hash: of a fixed string.
        files: that it read.
        steps: optimizer steps.
    """

    failure: str | None
    told: Recorded | None = None
    processes: Mapping[str, Events] = field(default_factory=dict)
    hash: int | None = None
    files: tuple[FileRead, ...] = ()
    steps: int = 0


def read_traced(folder: Path) -> Traced:
    """Read the logs of a run that came to its end.

    Args:
        folder: of the logs.
    """
    logs = [read_log(Path(path)) for path in find_logs(folder)]
    processes: dict[str, Events] = {}
    for log in logs:
        events = _events(log)
        if events:
            name = events[0].process
            processes[name] = (*processes.get(name, ()), *events)
    traced = next((event for log in logs if (event := log.last(ProcessTraced))), None)
    files = {event.path: event for log in logs for event in log.of(FileRead)}
    steps = max((event.steps for log in logs for event in log.of(Counted)), default=0)
    return Traced(None, told_in(folder), processes, traced.hash if traced else None, tuple(files.values()), steps)


def _events(log: EventLog) -> Events:
    return tuple(event for event in log.events if isinstance(event, (OperationTraced, SourceRead)))


Pair = tuple[SourceRead, SourceRead]
"""One read of a source, in two runs."""

Kind = Literal["drawn", "given", "computed", "another"]
"""A random operation found its generator in another state; an operation got other inputs, though all before it made the
same; equal inputs gave other outputs; or another operation ran."""


@dataclass(frozen=True, slots=True)
class Parting:
    """The first operation that is not the same in two runs.

    Args:
        kind: of difference.
        process: it ran in.
        index: among the operations of its process.
        operation: of the first run.
        sources: pairs of reads before it that gave other values, in the order of the first run.
    """

    kind: Kind
    process: str
    index: int
    operation: OperationTraced
    sources: tuple[Pair, ...]


def part(one: Traced, other: Traced) -> Parting | None:
    """Where two runs part; None where all that both traced is the same.

    Args:
        one: a run.
        other: another of the same code.
    """
    found = {process: parting for process in one.processes if (parting := _part_in(process, one, other)) is not None}
    main = found.get("")
    if main is None or main.kind == "given":  # what came in may come from a process of its own
        return next((found[process] for process in sorted(found, key=_order) if process), main)
    return main


def _order(process: str) -> tuple[int, ...]:
    return tuple(map(int, process.split("."))) if process else ()


def _part_in(process: str, one: Traced, other: Traced) -> Parting | None:
    mine, its = operations(one, process), operations(other, process)
    for index, (a, b) in enumerate(zip(mine, its, strict=False)):
        if (a.name, a.place) != (b.name, b.place):
            return Parting("another", process, index, a, tuple(_sources(one, other, process, index)))
        if a.outputs != b.outputs:
            kind: Kind = "computed" if a.inputs == b.inputs else "drawn" if a.draws else "given"
            if kind == "computed" and not _goes_on(a.name, mine[index + 1 :], its[index + 1 :]):
                continue
            return Parting(kind, process, index, a, tuple(_sources(one, other, process, index)))
    return None


def _goes_on(name: str, mine: list[OperationTraced], its: list[OperationTraced]) -> bool:
    """Whether operations of another name differ later: some kernels leave a result that nobody reads unwritten."""
    return any(a.name != name and a.outputs != b.outputs for a, b in zip(mine, its, strict=False))


def operations(run: Traced, process: str) -> list[OperationTraced]:
    """Of one process."""
    return [event for event in run.processes.get(process, ()) if isinstance(event, OperationTraced)]


def _sources(one: Traced, other: Traced, process: str, index: int) -> Iterator[Pair]:
    before = set(_read_before(one, process, index))
    return (pair for pair in differing_reads(one, other) if pair[0] in before)


def differing_reads(one: Traced, other: Traced) -> Iterator[Pair]:
    """Reads of sources that gave other values in two runs, in the order of the first."""
    its = {read.key: read for read in _reads(other)}
    for read in _reads(one):
        again = its.get(read.key)
        if again is not None and read.value != again.value:
            yield read, again


def _reads(run: Traced) -> Iterator[SourceRead]:
    return (event for events in run.processes.values() for event in events if isinstance(event, SourceRead))


def _read_before(run: Traced, process: str, index: int) -> Iterator[SourceRead]:
    """In the process itself; in those that it was forked from, whatever they read."""
    if process:
        yield from _read_before(run, process.rpartition(".")[0], len(run.processes.get("", ())))
    ran = 0
    for event in run.processes.get(process, ()):
        if isinstance(event, SourceRead):
            yield event
        elif (ran := ran + 1) > index:
            return


def agrees_at(parting: Parting, one: Traced, other: Traced) -> bool:
    """Whether two runs are the same up to and at an operation at which others parted."""
    again = _part_in(parting.process, one, other)
    return (again is None or again.index > parting.index) and len(operations(other, parting.process)) > parting.index
