"""The page shows what a user sees."""

import re
from pathlib import Path

import pytest
import torch

from wellfit.recipes.catalogue import RECIPES

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "recipes.md").read_text(encoding="utf-8")


def test_the_printed_plan_of_the_page_is_what_is_printed_now(capsys: pytest.CaptureFixture[str]) -> None:
    program, loop = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[:2]
    names: dict = {}
    exec(program, names)
    assert capsys.readouterr().out.strip() == re.search(r"```text\n(.*?)```", PAGE, re.DOTALL)[1].strip()
    names["loader"] = [next(iter(names["loader"]))]  # one batch shows that the loop runs
    exec(loop.replace("range(20)", "range(1)"), names)
    assert isinstance(names["optimizer"], torch.optim.SGD)


def test_every_recipe_stands_in_the_table() -> None:
    rows = dict(re.findall(r"^\| `([\w-]+)` \| \S+ \| ([^|]+) \|", PAGE, re.MULTILINE))
    shown = {r.name: f"{r.optimizer.value} {r.lr.value:g} at {r.batch_size.value}" for r in RECIPES}
    assert rows == shown
