"""Legs that are run on other batches: which, how often, and what they say."""

import math

import pytest
import torch
from searching import Run, digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from wellfit.find import batches
from wellfit.find.batches import Batches
from wellfit.find.horizon import SCATTER, Point, extrapolate
from wellfit.find.leg import Leg
from wellfit.find.repeats import alone, error_of_mean, together


@pytest.fixture(autouse=True)
def _seeded():
    torch.manual_seed(0)


def test_repeats_run_the_longest_legs_again_and_say_what_that_costs() -> None:
    once = Run().find(steps=150, repeats=1)
    torch.manual_seed(0)
    thrice = Run().find(steps=150, repeats=3)
    longest = max(leg.steps for leg in once.legs)
    last = [leg for leg in once.legs if leg.steps == longest]
    assert thrice.legs[: len(once.legs)] == once.legs
    added = thrice.legs[len(once.legs) :]
    assert [leg.repeat for leg in added] == [1, 1, 1, 2, 2, 2]
    assert [leg.multiplier for leg in added] == 2 * [leg.multiplier for leg in last]
    assert thrice.steps == once.steps + sum(leg.steps for leg in added)
    assert len({leg.loss for leg in (*last, *added)}) == 9, "each on other batches"


def test_what_each_repeat_leads_to_is_told() -> None:
    run = Run()
    before = run.state()
    found = run.find(steps=150, repeats=3)
    assert run.state() == before
    assert len(found.repeats) == 3
    assert min(found.repeats) < max(found.repeats)
    assert f"repeats   {found.repeats[0]:.2g}, " in str(found)
    once = Run().find(steps=150)
    assert once.repeats == pytest.approx((once.lr,))
    assert "repeats" not in str(once)


def test_equal_searches_with_repeats_find_equal_rates() -> None:
    found = []
    for _ in range(2):
        torch.manual_seed(0)
        found.append(Run().find(repeats=2, validation=None))
    assert found[0].legs == found[1].legs
    assert found[0].repeats == found[1].repeats


@pytest.mark.parametrize(("rows", "repeats"), [(240, 3), (600, 1)])
def test_few_rows_that_are_held_back_are_repeated_unless_told_otherwise(rows: int, repeats: int) -> None:
    x, y = digits()
    loader = DataLoader(TensorDataset(x[:rows], y[:rows]), batch_size=24, shuffle=True)
    found = Run(loader=loader).find(validation=None)
    assert len(found.repeats) == repeats
    assert len(Run(loader=loader).find(validation=None, repeats=1).repeats) == 1
    within = Run(loader=loader).find(validation=None, budget=90)
    assert (len(within.repeats), within.steps <= 90) == (1, True)


def test_few_rows_of_validation_data_are_said_and_not_repeated() -> None:
    x, y = digits()
    found = Run(validation=(x[400:450], y[400:450])).find()
    assert len(found.repeats) == 1
    assert found.notices[0].startswith("50 held rows are few")
    assert "notice    50 held rows are few" in str(found)
    assert Run().find().notices == ()


def test_an_interval_that_is_wider_than_usual_is_said() -> None:
    found = Run().find(steps=1500, budget=200)
    assert found
    width = math.log10(found.interval[1] / found.interval[0])
    assert f"the interval spans {width:.1f} decades" in found.notices[-1]


def test_of_five_longest_legs_those_around_the_best_are_repeated() -> None:
    """Behind sigmoids nothing is learnt in the first legs, so all rates are run again in longer ones."""
    model = nn.Sequential(nn.Linear(64, 64), nn.Sigmoid(), nn.Linear(64, 10))
    nn.init.zeros_(model[-1].weight)
    nn.init.zeros_(model[-1].bias)
    run = Run(model=model, optimizer=torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9))
    found = run.find(steps=1000, budget=400, repeats=2)
    longest = [leg for leg in found.legs if leg.steps == found.legs[5].steps and not leg.repeat]
    best = min(longest, key=lambda leg: leg.loss)
    again = [leg.multiplier for leg in found.legs if leg.repeat]
    assert (len(longest), len(again)) == (5, 3)
    assert best.multiplier in again


LEGS = [Leg(1.0, 4, 2.0, 0.0), Leg(1.0, 9, 1.0, 0.0), Leg(3.0, 9, 2.0, 0.0)]
AGAIN = [Leg(1.0, 9, 3.0, 0.0, 1), Leg(3.0, 9, math.inf, 0.0, 1)]


def test_legs_together_have_their_mean_loss_and_one_that_diverged_counts() -> None:
    assert [(leg.multiplier, leg.steps, leg.loss) for leg in together(LEGS + AGAIN)] == [
        (1.0, 4, 2.0),
        (1.0, 9, 2.0),
        (3.0, 9, math.inf),
    ]


def test_a_repeat_alone_has_the_short_legs_of_the_first() -> None:
    assert alone(LEGS + AGAIN, 0) == LEGS
    assert alone(LEGS + AGAIN, 1) == [LEGS[0], *AGAIN]


def valley(steps: int) -> list[Point]:
    return [Point(x / 2, (x / 2 + 1.0) ** 2, steps) for x in range(-4, 3)]


def test_the_more_the_repeats_scatter_the_wider_the_interval() -> None:
    rungs = [valley(10), valley(40)]
    width = {}
    for logs in ([-1.0], [-1.0, -1.02, -0.98], [-1.0, -2.0, 0.0]):
        estimate = extrapolate(rungs, 40, learning=0.15, broke_at=0.5, scatter=error_of_mean(logs))
        width[len(logs), max(logs)] = estimate.high - estimate.low
    assert width[3, -0.98] < width[1, -1.0] < width[3, 0.0]
    assert error_of_mean([-1.0]) == SCATTER
    assert error_of_mean([-1.0, -2.0, 0.0]) == pytest.approx(1 / math.sqrt(3))


def numbered(count: int) -> list[torch.Tensor]:
    return [torch.tensor([number]) for number in range(count)]


def drawn(found: Batches, count: int, repeat: int) -> list[int]:
    return [int(batch) for batch in found.through(count, repeat)]


def test_each_repeat_holds_back_other_batches_and_trains_on_all_others() -> None:
    found = Batches(DataLoader(torch.arange(23), batch_size=1, shuffle=True), hold_back=True)
    held = [[int(batch) for batch in found.held(repeat)] for repeat in range(found.folds)]
    assert found.folds == 5
    assert len({number for fold in held for number in fold}) == 5 * 4
    for repeat, fold in enumerate(held):
        order = drawn(found, 38, repeat)
        assert set(order) == set(range(23)) - set(fold)
        assert order == drawn(found, 38, repeat)
        assert order[:19] == order[19:]


def test_there_are_no_more_folds_than_batches() -> None:
    found = Batches(numbered(2), hold_back=True)
    assert found.folds == 2
    assert [drawn(found, 3, repeat) for repeat in (0, 1, 2)] == [[1, 1, 1], [0, 0, 0], [1, 1, 1]]


def test_repeats_of_a_shuffled_loader_have_batches_that_no_other_has() -> None:
    found = Batches(DataLoader(torch.arange(20), batch_size=1, shuffle=True), hold_back=False)
    orders = [tuple(drawn(found, 10, repeat)) for repeat in range(3)]
    assert len(set(orders)) == 3
    assert orders == [tuple(drawn(found, 10, repeat)) for repeat in range(3)]


def test_repeats_of_a_loader_in_a_fixed_order_begin_elsewhere() -> None:
    found = Batches(numbered(10), hold_back=False)
    assert [drawn(found, 20, repeat)[0] for repeat in range(3)] == [0, 2, 4]


def test_where_a_pass_cannot_be_kept_the_same_batches_are_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "MOST_BYTES", 3 * 8)
    found = Batches(numbered(10), hold_back=True)
    assert [int(batch) for batch in found.held(1)] == [int(batch) for batch in found.held(0)] == [0, 1]
    assert 0 not in drawn(found, 20, 1)


@pytest.mark.parametrize("hold_back", [True, False])
def test_data_without_a_length_are_repeated_too(*, hold_back: bool) -> None:
    class Streamed(torch.utils.data.IterableDataset):
        def __iter__(self):
            return iter(range(30))

    found = Batches(DataLoader(Streamed(), batch_size=1), hold_back=hold_back)
    first, second = (drawn(found, 5, repeat) for repeat in range(2))
    assert first != second
    assert not {int(batch) for batch in found.held(1)} & set(second)
