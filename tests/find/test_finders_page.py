"""The page for users prints what it says, and so do the examples in the docstrings."""

import contextlib
import doctest
import importlib
import io
import pkgutil
import re
from pathlib import Path
from typing import Any

import pytest
import torch

import wellfit.find

PAGE = Path(__file__).resolve().parents[2] / "docs" / "finders.md"
BLOCK = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)
MODULES = [module.name for module in pkgutil.walk_packages(wellfit.find.__path__, "wellfit.find.")]


def printed(code: str, names: dict[str, Any]) -> str:
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(compile(code, str(PAGE), "exec"), names)
    return out.getvalue()


def test_the_page_prints_what_it_says() -> None:
    blocks = BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    names: dict[str, Any] = {}
    with torch.random.fork_rng():
        assert [printed(code, names) for code, _ in blocks] == [output for _, output in blocks]
    assert len(blocks) >= 5


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold(module: str) -> None:
    with torch.random.fork_rng():
        assert doctest.testmod(importlib.import_module(module)).failed == 0
