"""The page for users prints what it says, and so do the examples in the docstrings."""

import doctest
import importlib
import pkgutil

import pytest
import torch
from pages import run_examples

import wellfit.find

MODULES = [module.name for module in pkgutil.walk_packages(wellfit.find.__path__, "wellfit.find.")]


def test_the_page_prints_what_it_says() -> None:
    with torch.random.fork_rng():
        assert run_examples("finders.md") >= 5


@pytest.mark.parametrize("module", MODULES)
def test_examples_hold(module: str) -> None:
    with torch.random.fork_rng():
        assert doctest.testmod(importlib.import_module(module)).failed == 0
