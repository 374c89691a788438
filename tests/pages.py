"""Pages of the documentation whose examples run."""

import contextlib
import io
import re
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[1] / "docs"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)


def run_examples(page: str) -> int:
    """Run a page's examples in its order and hold what each prints against what stands below it.

    Args:
        page: file within the documentation.

    Returns:
        how many there are.
    """
    blocks = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    assert [_printed(code, page, names) for code, _ in blocks] == [output for _, output in blocks]
    return len(blocks)


def _printed(code: str, page: str, names: dict[str, Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, page, "exec"), names)
    return out.getvalue()
