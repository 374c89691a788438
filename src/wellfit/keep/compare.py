"""Two recorded runs side by side, with their curves and patches."""

from pathlib import Path

from wellfit.keep.curves import curves_in
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
    return compare(
        first.record,
        second.record,
        curves=(curves_in(first.folder), curves_in(second.folder)),
        patches=(patch_of(first), patch_of(second)),
        noise=noise_of(first.folder.parents[1], first.record, second.record),
    )


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
