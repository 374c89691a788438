"""A study as one worker has it: values, ends, batches, and what stays in the storage."""

import math
from pathlib import Path

import numpy as np
import pytest
from studies import KNOBS, Ledgers, plan_of, value_of

from wellfit.model.study import Seen, StudyPlan, TrialTold
from wellfit.tune.samplers.draw import EXPLORED_AT_LEAST, Ranking, draw
from wellfit.tune.study.ledger import MOST_WEIGHED, Ledger
from wellfit.tune.study.translate import seen_of


def run(ledger: Ledger, at_once: int = 1) -> list[float]:
    """All trials; the values in the order in which they were told."""
    values: list[float] = []
    while settings := ledger.ask_many(at_once, "me", "/copy"):
        told = {setting.slot: value_of(setting.values) for setting in settings}
        ledger.note_many({slot: [value] for slot, value in told.items()})
        ledger.tell_many({slot: TrialTold("done", value) for slot, value in told.items()})
        values += told.values()
    return values


@pytest.mark.parametrize("at_once", [1, 8])
@pytest.mark.parametrize("sampler", ["tpe", "random", "gp"])
def test_every_way_of_asking_stays_within_the_ranges(
    tmp_path: Path, ledgers: Ledgers, sampler: str, at_once: int
) -> None:
    knobs = (*KNOBS,)
    ledger = ledgers.create(str(tmp_path), plan_of(14, sampler=sampler, knobs=knobs))
    run(ledger, at_once)
    ended = ledger.ended()
    assert [trial.slot for trial in ended] == list(range(14))
    assert all(knob.holds(trial.values[knob.key]) for trial in ended[1:] for knob in knobs)
    assert len({trial.values["lr"] for trial in ended[1:]}) == 13


def test_the_scripts_own_setting_is_the_first_and_has_its_place_where_it_lies_within(
    place: str, ledgers: Ledgers
) -> None:
    seen = Seen(present={"lr": 0.01, "dropout": 0.1})
    ledger = ledgers.create(place, plan_of(3, seen=seen))
    setting = ledger.ask("me", "/copy")
    assert setting is not None
    assert (setting.slot, setting.values) == (0, {"lr": 0.01, "dropout": 0.1})
    ledger.tell(TrialTold("done", 0.1))
    assert ledger.engine.best_value == 0.1


def test_all_ends_come_back_as_they_were_told(place: str, ledgers: Ledgers) -> None:
    told = [
        TrialTold("done", 0.5, run="r", points=3, seconds=1.5, best=0.25, best_at=0.5),
        TrialTold("pruned", 0.75),
        TrialTold("diverged", None),
        TrialTold("failed", None, reason="it failed with exit code 1: no"),
        TrialTold("done", math.inf),
    ]
    ledger = ledgers.create(place, plan_of(len(told)))
    for one in told:
        assert ledger.ask("me", "/copy") is not None
        ledger.tell(one)
    again = ledgers.open(place).ended()
    assert [trial.end for trial in again] == [one.end for one in told]
    first = again[0]
    assert (first.value, first.run, first.seconds, first.best, first.best_at) == (0.5, "r", 1.5, 0.25, 0.5)
    assert again[3].reason == "it failed with exit code 1: no"
    assert again[4].value is None


def test_a_batch_is_asked_noted_and_told_at_once(place: str, ledgers: Ledgers) -> None:
    ledger = ledgers.create(place, plan_of(20, points=9))
    first = ledger.ask_many(10, "me", "/copy")
    assert not ledger.note_many({setting.slot: [float(setting.slot)] * 9 for setting in first})
    ledger.tell_many({setting.slot: TrialTold("done", float(setting.slot)) for setting in first})
    settings = ledger.ask_many(16, "me", "/copy")
    assert [setting.slot for setting in settings] == list(range(10, 20)), "no more than are planned"
    assert ledger.ask_many(1, "me", "/copy") == ()
    behind = ledger.note_many({setting.slot: [99.0, setting.slot - 10.0] for setting in settings})
    assert behind == set(range(15, 20)), "all others are where one of the better half of whole trials was"
    ledger.tell_many({slot: TrialTold("pruned" if slot in behind else "done", 0.0) for slot in range(10, 20)})
    assert [trial.end for trial in ledgers.open(place).ended()] == ["done"] * 15 + ["pruned"] * 5


def test_a_batch_is_one_line_of_writes(tmp_path: Path, ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    ledger = ledgers.create(str(tmp_path), plan_of(64))
    writes = []
    write = os.write
    monkeypatch.setattr(os, "write", lambda number, data: writes.append(len(data)) or write(number, data))
    settings = ledger.ask_many(64, "me", "/copy")
    ledger.note_many({setting.slot: [1.0] for setting in settings})
    ledger.tell_many({setting.slot: TrialTold("done", 1.0) for setting in settings})
    assert len(writes) == 3


def test_a_study_is_extended_and_gone_on_with(place: str, ledgers: Ledgers) -> None:
    run(ledgers.create(place, plan_of(3)))
    ledger = ledgers.open(place)
    ledger.extend(5)
    assert len(run(ledger)) == 2
    assert ledgers.open(place).plan.trials == 5


def test_a_trial_that_was_begun_unheard_is_begun_again(place: str, ledgers: Ledgers) -> None:
    """As where the database goes away between the writing of a trial and the word that it is written."""
    ledgers.create(place, plan_of(2)).ask("me", "/copy")
    ledger = ledgers.open(place)  # the same worker, which has heard of nothing
    assert {setting.slot: setting.attempt for setting in ledger.ask_many(2, "me", "/copy")} == {0: 1, 1: 0}


def test_no_more_is_written_for_a_trial_than_its_beginning_its_values_and_its_end(
    tmp_path: Path, ledgers: Ledgers
) -> None:
    run(ledgers.create(str(tmp_path), plan_of(5)))
    lines = (tmp_path / "journal.log").read_text().splitlines()
    assert len(lines) == 3 + 5 * 4, "the study, its points and its plan; each trial, a value, what was told, its state"


def test_the_engine_finds_all_whole_trials(tmp_path: Path, ledgers: Ledgers) -> None:
    ledger = ledgers.create(str(tmp_path), plan_of(MOST_WEIGHED + 20, sampler="tpe"))
    values = run(ledger, at_once=20)
    assert len(values) == MOST_WEIGHED + 20
    assert ledger.engine.best_value == min(values[1:])
    assert {seen_of(trial).attempt for trial in ledger.engine.get_trials()} == {0}


def ranked(plan: StudyPlan, points: np.ndarray) -> Ranking:
    from wellfit.model.study import TrialSeen

    ranking = Ranking(plan)
    for number, row in enumerate(points):
        values = {"lr": float(10 ** (5 * row[0] - 5)), "dropout": float(0.6 * row[1])}
        ranking.put(TrialSeen(number, number, 0, "done", runs=False, values=values, value=value_of(values)))
    return ranking


def test_the_model_draws_where_the_best_trials_lie() -> None:
    plan, rng = plan_of(400, sampler="tpe"), np.random.default_rng(0)
    ranking = ranked(plan, rng.random((EXPLORED_AT_LEAST * 20, 2)))
    drawn = draw(plan, ranking, [], 64, rng)
    chance = draw(plan_of(400), ranking, [], 64, rng)
    assert np.median([value_of(v) for v in drawn]) < 0.3 * np.median([value_of(v) for v in chance])


def test_the_model_beats_chance_at_an_equal_number_of_trials(tmp_path: Path, ledgers: Ledgers) -> None:
    best = {}
    for sampler in ("random", "tpe"):
        found = [
            min(run(ledgers.create(str(tmp_path / f"{sampler}{seed}"), plan_of(96, sampler=sampler, seed=seed)), 16))
            for seed in range(5)
        ]
        best[sampler] = float(np.median(found))
    assert best["tpe"] < 0.5 * best["random"], best
