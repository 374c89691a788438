"""What `wellfit lr` found, as a file; its name picks the format."""

from pathlib import Path

from wellfit.model.lr import RateAnswer

SUFFIXES = (".html", ".png", ".svg", ".json", ".txt")
WIDTH = 120
"""Columns of a text."""


def write(answer: RateAnswer, file: Path) -> None:
    """Write it.

    Args:
        answer: with or without a rate.
        file: ends in one of `SUFFIXES`.

    Raises:
        UsageError: a picture is asked for, and matplotlib is not installed.
        OSError: it cannot be written.
    """
    if file.suffix in {".png", ".svg"}:
        from wellfit.report import rate_image

        file.write_bytes(rate_image.render(answer, kind=file.suffix[1:]))
        return
    file.write_text(_text(answer, file.suffix), encoding="utf-8")


def _text(answer: RateAnswer, suffix: str) -> str:
    """A format's own imports are paid by those who ask for it."""
    if suffix == ".html":
        from wellfit.report import lr_page

        return lr_page.render(answer)
    if suffix == ".json":
        from wellfit.report import json

        return json.render_rate(answer)
    from wellfit.report import lr

    return lr.render(answer, width=WIDTH)
