"""The examples of docs/regularizers-vision.md run, and print what the page says."""

from pages import run_examples


def test_examples_run_and_print_what_the_page_shows() -> None:
    assert run_examples("regularizers-vision.md") >= 1
