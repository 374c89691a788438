"""The page's examples run in its order, and print what stands below them."""

import contextlib
import io
import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "regularizers.md"


def test_examples_run_and_print_what_the_page_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shared: dict[str, object] = {}
    blocks = re.findall(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", text, re.DOTALL)
    assert len(blocks) > 8
    for code, said in blocks:
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(code, shared)
        assert not said or out.getvalue() == said
