"""The imports that a program begins with."""

from pathlib import Path

import pytest

from wellfit.script.leading import leading_imports


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("", []),
        ("import torch", ["import torch"]),
        (
            '"""A program."""\nfrom __future__ import annotations\nimport os\nfrom torch import nn',
            ["from torch import nn"],
        ),
        ("import os\nos.environ['A'] = '1'\nimport torch", []),
        ("import torch as t, numpy\nx = 1\nimport pytest", ["import torch as t", "import numpy"]),
        ("import torch\nimport no_such_module\nimport numpy", ["import torch"]),
        ("import torch\nfrom . import own\nimport numpy", ["import torch"]),
        ("import torch\ntry:\n    import numpy\nexcept ImportError:\n    pass", ["import torch"]),
        ("if True:\n    import torch", []),
        ("import torch\nimport (", []),
        ("import torch\0", []),
    ],
)
def test_they_end_where_anything_else_is_done(source: str, found: list[str]) -> None:
    assert leading_imports(source) == found


def test_they_end_where_the_script_has_a_module_of_that_name(tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("")
    assert leading_imports("import torch\nimport random\nimport numpy", (str(tmp_path),)) == ["import torch"]
