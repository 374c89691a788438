"""The examples of docs/regularizers-vision.md run, and print what the page says."""

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[3] / "docs" / "regularizers-vision.md"


def test_examples_run_and_print_what_the_page_shows() -> None:
    text = PAGE.read_text(encoding="utf-8")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec("\n".join(re.findall(r"```python\n(.*?)```", text, re.DOTALL)), {})
    assert printed.getvalue() == "".join(re.findall(r"```text\n(.*?)```", text, re.DOTALL))
