"""What is known of one recorded run, as names and texts."""

import shlex
from collections.abc import Iterator, Sequence
from datetime import timedelta

from wellfit.model.record import GitState, RunRecord
from wellfit.report.naming import on_one_line, plural

MOST_FILES = 6
"""Of one kind that are named."""

LONGEST_S = 1e9
"""Seconds beyond which a record's own word for its span is not taken: thirty years."""


def run_facts(record: RunRecord) -> Iterator[tuple[str, str]]:
    """Names and texts."""
    yield "command", shlex.join(record.words)
    yield "in", record.folder
    took = "" if record.elapsed_s is None else f", took {_span(record.elapsed_s)}"
    code = "" if record.exit_code in {None, 0} else f", exit code {record.exit_code}"
    yield "started", f"{record.started[:19].replace('T', ' ')} UTC{took}{code}"
    if record.parent:
        yield "repeats" if record.kind == "rerun" else "part of", record.parent
    yield from _code_facts(record.git)
    if record.sources is not None:
        files = [file.path for file in record.sources.files if file.kept]
        yield "code", f"in {record.sources.root}: {_some(files)}"
    yield from _surroundings(record)
    found = [verdict for verdict in record.verdicts if verdict.verdict == "found"]
    for verdict in found:
        yield "found", f"{verdict.rule} {verdict.name}{f' at {verdict.where}' if verdict.where else ''}"
    if record.verdicts and not found:
        yield "found", f"nothing; {plural(len(record.verdicts), 'rule')} looked"


def _code_facts(git: GitState | None) -> Iterator[tuple[str, str]]:
    if git is None:
        return
    branch = f" on {git.branch}" if git.branch else " (detached)"
    yield "commit", f"{git.commit or 'none yet'}{branch}"
    counts = (("staged", git.staged), ("changed", git.unstaged), ("untracked", [file.path for file in git.untracked]))
    for name, files in counts:
        if files:
            yield name, _some(files)
    for submodule in git.submodules:
        yield (
            "submodule",
            f"{submodule.path} {submodule.commit or 'not fetched'}{' changed' if submodule.dirty else ''}",
        )


def _some(files: Sequence[str]) -> str:
    return ", ".join(files[:MOST_FILES]) + (f" and {len(files) - MOST_FILES} more" if len(files) > MOST_FILES else "")


def _surroundings(record: RunRecord) -> Iterator[tuple[str, str]]:
    if record.software is not None:
        torch = record.software.packages.get("torch")
        beside = f", torch {torch}" if torch else ""
        yield "python", f"{record.software.python}{beside}, {plural(len(record.software.packages), 'package')}"
    if record.machine is not None:
        devices = ", ".join(record.machine.devices) or f"{record.machine.cpu}, {plural(record.machine.cores, 'core')}"
        yield "machine", f"{record.machine.host}: {devices}"
    if record.seeds is not None:
        seeds = ", ".join(f"{name} {value}" for name, value in record.seeds.seeds.items())
        deterministic = "" if record.seeds.deterministic else "; torch may use kernels that are not deterministic"
        moved = f"; each seed of the script moved by {record.seed_shift}" if record.seed_shift else ""
        yield "seeds", f"{seeds}{moved}{deterministic}"
    if record.data:
        yield "data", f"first batches {', '.join(found[:10] for found in record.data)}"


def stranger_words(record: RunRecord) -> str:
    """What who is asked about a record from elsewhere should know of it, up to its command."""
    host = f" on {on_one_line(record.machine.host)}" if record.machine else ""
    git = record.git
    brought = len(git.untracked) + len(git.staged) + len(git.unstaged) if git else 0
    brought += len(record.sources.files) if record.sources else 0
    files = f" with {plural(brought, 'changed file')} of its own" if brought else ""
    return f"was recorded elsewhere, in {on_one_line(record.folder)}{host}; its command{files} is"


def _span(seconds: float) -> str:
    if not 0 <= seconds < LONGEST_S:
        return "an unknown time"
    return str(timedelta(seconds=round(seconds))) if seconds >= 60 else f"{seconds:.1f} s"  # noqa: PLR2004 - a minute
