"""Two recorded runs side by side, with their curves and patches."""

from dataclasses import replace
from pathlib import Path

from wellfit.digest.recorded import Recorded
from wellfit.keep.curves import drawn, told_in
from wellfit.model.comparison import Comparison
from wellfit.runs.compare import compare
from wellfit.runs.git.patches import MOST_BYTES, STAGED, UNSTAGED
from wellfit.runs.noise import noise_of
from wellfit.runs.regular_file import read_regular
from wellfit.runs.secrets import mask
from wellfit.runs.store import KeptRun


def compare_kept(first: KeptRun, second: KeptRun) -> Comparison:
    """Put them side by side.

    Args:
        first: the one that is compared with.
        second: the one that is compared.
    """
    told = told_in(first.folder), told_in(second.folder)
    compared = compare(
        first.record,
        second.record,
        curves=(drawn(told[0]), drawn(told[1])),
        patches=(patch_of(first), patch_of(second)),
        noise=noise_of(first.folder.parents[1], first.record, second.record),
    )
    return replace(compared, notes=tuple(_unread(first, told[0]) + _unread(second, told[1])))


def _unread(run: KeptRun, told: Recorded | None) -> list[str]:
    return [f"{run.record.id}: {told.unread}"] if told and told.unread else []


def patch_of(run: KeptRun) -> str:
    """What its code had beyond its commit, as text without secrets; sources without a commit by name and hash."""
    texts = [_text(run.folder / name) for name in (STAGED, UNSTAGED)]
    untracked = run.record.git.untracked if run.record.git else ()
    own = run.record.sources.files if run.record.sources else ()
    texts += [f"source {file.path} {file.sha256 or file.size_bytes}\n" for file in own]
    texts += [f"untracked {file.path} {file.sha256 or file.size_bytes}\n" for file in untracked]
    return mask("".join(texts))


def _text(file: Path) -> str:
    try:
        return read_regular(file, MOST_BYTES).decode("utf-8", "backslashreplace")
    except OSError:
        return ""
