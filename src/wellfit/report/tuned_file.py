"""The answer of a search as a file."""

import json
from dataclasses import asdict
from pathlib import Path

from wellfit.model.tuned import Tuned
from wellfit.report.tuned import render


def write(answer: Tuned, file: Path) -> None:
    """Write the answer; the suffix picks the format.

    Args:
        answer: of a search.
        file: ends in .json or .txt.

    Raises:
        OSError: it cannot be written.
    """
    text = json.dumps(asdict(answer), indent=1) + "\n" if file.suffix == ".json" else render(answer)
    file.write_text(text, encoding="utf-8")
