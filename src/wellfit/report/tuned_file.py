"""The answer of a search as a file."""

import json
from dataclasses import asdict
from pathlib import Path

from wellfit.model.record import RunRecord
from wellfit.model.tuned import Tuned

SUFFIXES = (".html", ".json", ".txt")


def write(answer: Tuned, file: Path, record: RunRecord | None = None) -> None:
    """Write the answer; the suffix picks the format.

    Args:
        answer: of a search.
        file: ends in one of `SUFFIXES`.
        record: of one of its runs, by which a page says on what all of them ran; None leaves that out.

    Raises:
        OSError: it cannot be written.
    """
    file.write_text(_text(answer, file.suffix, record), encoding="utf-8")


def _text(answer: Tuned, suffix: str, record: RunRecord | None) -> str:
    """A format's own imports are paid by those who ask for it."""
    if suffix == ".html":
        from wellfit.report import tuned_page

        return tuned_page.render(answer, record)
    if suffix == ".json":
        return json.dumps(asdict(answer), indent=1) + "\n"
    from wellfit.report import tuned

    return tuned.render(answer)
