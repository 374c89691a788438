"""Several workers on one study: each setting is tried by one of them, and none is lost."""

from collections import Counter
from pathlib import Path

from studies import Crew, Ledgers, plan_of, told_in

from wellfit.tune.study.translate import seen_of


def test_200_trials_by_8_workers_are_each_run_once(place: str, tmp_path: Path, ledgers: Ledgers) -> None:
    ledger = ledgers.create(place, plan_of(200))
    log = tmp_path / "told.txt"
    with Crew(place, log, 0.0) as crew:
        for _ in range(8):
            crew.start()
        assert crew.wait(240) == [0] * 8, log.read_text()[-2000:]
    ended = ledger.ended()
    assert ledger.is_over()
    assert [trial.slot for trial in ended] == list(range(200))
    assert {trial.end for trial in ended} <= {"done", "pruned"}
    assert told_in(log) == Counter(range(200))
    whole = [seen_of(trial) for trial in ledger.engine.get_trials()]
    assert Counter(trial.slot for trial in whole) == Counter(range(200)), "none is begun twice, not even for a moment"
    assert {trial.attempt for trial in whole} == {0}


def test_workers_that_begin_at_one_moment_draw_other_settings(place: str, ledgers: Ledgers) -> None:
    plan = plan_of(12)
    first = ledgers.create(place, plan)
    second = ledgers.open(place, "small", stream=7)
    pairs = [(first.ask("a", "/a"), second.ask("b", "/b"))]
    values = [setting.values for pair in pairs for setting in pair]
    assert values[0] != values[1]
    assert len({setting.slot for pair in pairs for setting in pair}) == 2
