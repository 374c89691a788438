"""Each way to choose settings runs a small study from its beginning to its end."""

import logging
import math
from dataclasses import replace

import pytest

from wellfit.errors import UsageError
from wellfit.model.study import Knob, Seen, StudyPlan, TrialTold
from wellfit.tune.samplers.ax_sampler import _quiet
from wellfit.tune.samplers.points import even_points, grid, grid_size
from wellfit.tune.samplers.sampling import count_trials
from wellfit.tune.study.ledger import Ledger

RATE = Knob("lr", low=1e-4, high=1.0, log=True)
WIDTH = Knob("width", "--width", low=2, high=9, integer=True)
KIND = Knob("kind", "--kind", choices=("adam", 3, 0.5))
PLAN = StudyPlan(
    "bowl", ("python", "t.py"), "/", "t.py", (RATE, WIDTH, KIND), "val_loss", higher_is_better=False, trials=16,
    prune=False, seen=Seen(present={"lr": 1e-3, "width": 4, "kind": 3}),
)  # fmt: skip


def bowl(values):
    """Lowest at lr 0.1, width 7 and the first kind."""
    off = (math.log10(values["lr"]) + 1) ** 2 + ((values["width"] - 7) / 3) ** 2
    return 0.1 + off + {"adam": 0.0, 3: 0.4, 0.5: 0.8}[values["kind"]]


def search(folder, plan):
    ledger = Ledger.create(str(folder), plan)
    sign = -1 if plan.higher_is_better else 1
    while (setting := ledger.ask("test|/", "")) is not None:
        if setting.slot % 5 == 4:
            ledger.tell(TrialTold("diverged", None))
        else:
            ledger.tell(TrialTold("done", sign * bowl(setting.values)))
    return ledger.ended()


@pytest.mark.parametrize("sampler", ["tpe", "gp", "random", "sobol", "grid"])
def test_runs_a_study_of_ranges_whole_numbers_and_choices(tmp_path, sampler):
    trials = search(tmp_path, replace(PLAN, sampler=sampler))
    assert [trial.slot for trial in trials] == list(range(16))
    assert trials[0].values == PLAN.seen.present
    for trial in trials:
        assert all(knob.holds(trial.values[knob.key]) for knob in PLAN.knobs)
        assert type(trial.values["width"]) is int
    assert len({tuple(trial.values.items()) for trial in trials}) == 16


@pytest.mark.parametrize("higher_is_better", [False, True])
def test_ax_runs_a_study_and_comes_nearer_than_even_points(tmp_path, higher_is_better):
    pytest.importorskip("ax.api.client", reason="ax is not installed: pip install 'wellfit[ax]'")
    trials = search(tmp_path, replace(PLAN, sampler="ax", trials=13, higher_is_better=higher_is_better))
    assert [trial.slot for trial in trials] == list(range(13))
    assert all(type(trial.values["width"]) is int for trial in trials)
    explored, chosen = trials[1:9], trials[9:]
    best = [min(bowl(trial.values) for trial in some) for some in (explored, chosen)]
    assert best[1] < best[0]
    assert best[1] < 0.5


def test_what_modules_of_ax_log_at_levels_of_their_own_stays_off_the_terminal():
    logger, records = logging.getLogger("ax.some.module"), []
    logger.setLevel(logging.INFO)
    logger.addFilter(lambda record: records.append(record.getMessage()) or True)
    with _quiet():
        logger.info("within")
    logger.info("after")
    assert records == ["after"]


def test_a_grid_has_every_choice_with_five_points_of_each_range():
    points = grid((RATE, KIND), seed=0)
    assert len(points) == grid_size((RATE, KIND)) == 15
    assert sorted({point["lr"] for point in points}) == pytest.approx([1e-4, 1e-3, 1e-2, 1e-1, 1.0])
    assert {(round(math.log10(point["lr"])), point["kind"]) for point in points} == {
        (power, kind) for power in range(-4, 1) for kind in KIND.choices
    }


def test_a_grid_of_few_whole_numbers_has_each_once():
    assert sorted(point["width"] for point in grid((Knob("width", low=1, high=3, integer=True),), seed=0)) == [1, 2, 3]


def test_a_whole_grid_is_searched_and_no_point_twice(tmp_path):
    plan = replace(PLAN, sampler="grid", knobs=(RATE, KIND), trials=16)
    ledger = Ledger.create(str(tmp_path), plan)
    seen = []
    while (setting := ledger.ask("test|/", "")) is not None:
        seen.append((round(math.log10(setting.values["lr"])), setting.values["kind"]))
        ledger.tell(TrialTold("done", 1.0))
    assert set(seen[1:]) == {(power, kind) for power in range(-4, 1) for kind in KIND.choices}
    assert len(seen[1:]) == 15


def test_a_longer_sequence_of_even_points_begins_with_a_shorter_one():
    assert even_points(PLAN.knobs, 12, seed=3)[:5] == even_points(PLAN.knobs, 5, seed=3)


def test_even_points_go_on_where_a_study_is_extended(tmp_path):
    short = replace(PLAN, sampler="sobol", trials=6)
    search(tmp_path / "short", short)
    ledger = Ledger.open(str(tmp_path / "short"), None)
    ledger.extend(12)
    while ledger.ask("test|/", "") is not None:
        ledger.tell(TrialTold("done", 1.0))
    whole = search(tmp_path / "whole", replace(PLAN, sampler="sobol", trials=12))
    assert [trial.values for trial in ledger.ended()] == [trial.values for trial in whole]


def test_a_search_has_as_many_trials_as_its_grid_has_points_and_the_scripts_own():
    assert count_trials("grid", 0, (RATE, KIND)) == 16
    assert count_trials("grid", 7, (RATE, KIND)) == 7
    assert count_trials("grid", 99, (RATE, KIND)) == 16
    assert count_trials("tpe", 0, (RATE, KIND)) == 32


def test_a_large_grid_is_searched_only_where_somebody_says_so():
    knobs = tuple(Knob(f"k{number}", low=0.0, high=1.0) for number in range(5))
    with pytest.raises(UsageError, match="has 3,125 points: --trials says how many"):
        count_trials("grid", 0, knobs)
    assert count_trials("grid", 50, knobs) == 50


def test_a_worker_of_any_stream_can_ask(tmp_path):
    search(tmp_path, PLAN)
    ledger = Ledger.open(str(tmp_path), None, stream=(1 << 20) - 1)
    ledger.extend(18)
    assert ledger.ask("test|/", "") is not None
