"""The page on tuning in code prints what it says."""

import logging

import optuna
from pages import run_examples


def test_the_page_prints_what_it_says() -> None:
    optuna.logging.set_verbosity(logging.ERROR)
    assert run_examples("tuning-in-code.md") >= 5
