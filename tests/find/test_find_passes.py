"""How long a pass through the data is, of a script's loader and in the search that is told of it."""

import pytest
import torch
from searching import Run, digits

from wellfit.find.rate_script.rate import _steps_of_a_pass
from wellfit.model.events.rates import LoaderTrained


def loader(rows: int | None, batch_size: int | None, batches_a_step: float) -> LoaderTrained:
    return LoaderTrained(0, None, rows, batch_size, batches_a_step, 0, None)


def test_a_script_s_pass_counts_optimizer_steps() -> None:
    assert _steps_of_a_pass(loader(1000, 10, 4.0)) == pytest.approx(25.0)


@pytest.mark.parametrize("unknown", [None, loader(None, 10, 1.0), loader(100, None, 1.0), loader(100, 10, 0.0)])
def test_what_a_script_does_not_show_is_unknown(unknown: LoaderTrained | None) -> None:
    assert _steps_of_a_pass(unknown) is None


def test_the_same_legs_give_a_lower_rate_where_they_are_of_data_seen_more_often() -> None:
    """A list of equal batches, five long or two hundred: every leg trains on the same."""
    found = []
    for length in (5, 200):
        torch.manual_seed(0)
        run = Run()
        x, y = digits()
        run.loader = [(x[:40], y[:40])] * length
        found.append(run.find(steps=200, scheduler="cosine"))
    assert found[0].legs[:5] == found[1].legs[:5]
    assert found[0].lr < found[1].lr
