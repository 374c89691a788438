"""The page for users prints what it says."""

import torch
from pages import run_examples


def test_the_page_prints_what_it_says() -> None:
    with torch.random.fork_rng():
        assert run_examples("batch-size.md") == 3
