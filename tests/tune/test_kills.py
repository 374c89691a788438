"""Workers and the database are killed at random moments: nothing that was told is lost, and little is run again."""

import random
import time
from collections import Counter
from pathlib import Path

import pytest
from databases import Server
from studies import Crew, Ledgers, plan_of, told_in

from wellfit.model.study import FINAL, TrialSeen
from wellfit.tune.study.ledger import Ledger
from wellfit.tune.study.translate import seen_of

TRIALS = 40
KILLS = 24
PATIENT = plan_of(TRIALS, retries=KILLS)


def attempts_of(ledger: Ledger) -> list[TrialSeen]:
    """All that the storage holds."""
    ledger.ended()
    return [seen_of(trial) for trial in ledger.engine.get_trials()]


def check_nothing_is_lost(ledger: Ledger, log: Path, kills: int) -> None:
    seen = attempts_of(ledger)
    assert ledger.is_over()
    assert Counter(trial.slot for trial in seen if trial.end in FINAL) == Counter(range(TRIALS))
    told = told_in(log)
    assert max(told.values()) == 1, "no end is told twice"
    assert not told - Counter(trial.slot for trial in seen if trial.end in FINAL)
    assert sum(trial.end == "dead" for trial in seen) <= kills, "each kill costs one trial at most"


@pytest.mark.parametrize("seed", [0])
def test_workers_are_killed(place: str, tmp_path: Path, ledgers: Ledgers, seed: int) -> None:
    ledger, chance, log = ledgers.create(place, PATIENT), random.Random(seed), tmp_path / "told.txt"
    with Crew(place, log, 0.25) as crew:
        for _ in range(4):
            crew.start()
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.4))
            crew.kill(chance.randrange(4))
            crew.start()
        assert crew.wait(120) == [0] * 4, log.read_text()[-2000:]
    check_nothing_is_lost(ledger, log, KILLS)
    assert any(trial.end == "dead" for trial in attempts_of(ledger)), "some were killed at a trial"


def test_the_database_is_killed(postgres: Server, tmp_path: Path, ledgers: Ledgers) -> None:
    place, chance, log = postgres.new_database(), random.Random(1), tmp_path / "told.txt"
    ledger = ledgers.create(place, PATIENT)
    kills = 6
    with Crew(place, log, 0.25) as crew:
        for _ in range(3):
            crew.start()
        for _ in range(kills):
            time.sleep(chance.uniform(0.2, 1.0))
            postgres.kill()
            time.sleep(chance.uniform(0.0, 0.5))
            postgres.start()
        assert crew.wait(120) == [0] * 3, log.read_text()[-2000:]
    check_nothing_is_lost(ledger, log, 3 * kills)
    assert set(told_in(log)) == set(range(TRIALS))
