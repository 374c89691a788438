"""Whether a worker lives: by its lock here, by its signs of life where it is on another machine."""

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from studies import Ledgers, plan_of

from wellfit.model.study import TrialSeen, TrialTold
from wellfit.runs.alive import AliveLock
from wellfit.tune.study import beats
from wellfit.tune.study.beats import GRACE_S, Beats, name_worker


class Clock:
    """Time that goes on when it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(beats.time, "monotonic", lambda: self.now)


def trial(worker: str, beat: int = 0) -> TrialSeen:
    return TrialSeen(0, 0, 0, None, runs=True, values={}, worker=worker, beat=beat)


def test_here_the_lock_says_it_at_once(tmp_path: Path) -> None:
    lock, seen = AliveLock(tmp_path), Beats()
    assert not seen.is_gone(trial(name_worker(tmp_path)))
    lock.release()
    assert seen.is_gone(trial(name_worker(tmp_path)))


@pytest.mark.parametrize("worker", ["elsewhere|/tmp/w", f"{socket.gethostname()}/1|/tmp/w", ""])
def test_elsewhere_its_signs_of_life_must_stop(monkeypatch: pytest.MonkeyPatch, worker: str) -> None:
    clock, seen = Clock(monkeypatch), Beats()
    for beat in range(3):
        assert not seen.is_gone(trial(worker, beat))
        clock.now += GRACE_S - 1
    assert not seen.is_gone(trial(worker, 2))
    clock.now += 2
    assert seen.is_gone(trial(worker, 2))
    assert not seen.is_gone(trial(worker, 3)), "it was only slow"


def test_a_trial_of_a_machine_that_went_away_is_begun_again(
    place: str, ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    theirs = ledgers.create(place, plan_of(2, points=100))
    setting = theirs.ask("elsewhere|/tmp/w", "/their/copy")
    ours = ledgers.open(place, stream=1)
    other = ours.ask("me", "/mine")
    assert setting is not None
    assert other is not None
    assert {setting.slot, other.slot} == {0, 1}
    ours.tell(TrialTold("done", 1.0))
    assert ours.ask("me", "/mine") is None, "it may live"
    clock.now += GRACE_S + 1
    again = ours.ask("me", "/mine")
    assert again is not None
    assert (again.slot, again.attempt, again.left_by) == (setting.slot, 1, "/their/copy")
    assert again.values == setting.values
    assert theirs.note([0.5]), "it is told to end"
    theirs.tell(TrialTold("done", 0.0))
    ours.tell(TrialTold("done", 2.0))
    ended = {trial.slot: trial.value for trial in ours.ended()}
    assert ended == {setting.slot: 2.0, other.slot: 1.0}


def test_a_trial_is_given_up_behind_its_retries(
    tmp_path: Path, ledgers: Ledgers, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, plan = Clock(monkeypatch), replace(plan_of(2), retries=1)
    ledger = ledgers.create(str(tmp_path), plan)
    ledger.ask("me", "/mine")
    ledger.tell(TrialTold("done", 1.0))
    for number in range(2):
        gone = ledgers.open(str(tmp_path), stream=number)
        assert gone.ask(f"elsewhere|{number}", "/copy") is not None
        ledger.ended()  # sees it for the first time
        clock.now += GRACE_S + 1
        ledger.ended()
    assert [(trial.slot, trial.end) for trial in ledger.ended()] == [(0, "done"), (1, "dead")]
    assert ledger.is_over()
