"""The journal file: what a killed writer leaves behind, damage, and several changes as one write."""

import json
import os
from pathlib import Path

import pytest
from optuna import load_study
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from studies import Ledgers, plan_of, value_of

from wellfit.errors import UsageError
from wellfit.model.study import TrialTold
from wellfit.tune.study.journal import Journal
from wellfit.tune.study.journal_file import JournalFile
from wellfit.tune.study.ledger import Ledger

LOG = {"op_code": 1, "worker_id": "a"}


def journal_of(path: Path) -> Journal:
    return Journal(JournalFile(path))


def made(tmp_path: Path, text: bytes = b"") -> tuple[Path, Journal]:
    path = tmp_path / "journal.log"
    path.write_bytes(text)
    return path, journal_of(path)


def line(number: int) -> bytes:
    return json.dumps({**LOG, "n": number}, separators=(",", ":")).encode() + b"\n"


def tell(ledger: Ledger, count: int) -> None:
    for _ in range(count):
        setting = ledger.ask("a", "/a")
        assert setting is not None
        ledger.tell(TrialTold("done", value_of(setting.values)))


def test_each_change_is_read_once(tmp_path: Path) -> None:
    path, journal = made(tmp_path, line(0) + line(1))
    assert [log["n"] for log in journal.read_logs(0)] == [0, 1]
    journal_of(path).append_logs([{**LOG, "n": 2}])
    assert [log["n"] for log in journal.read_logs(2)] == [2]
    assert [log["n"] for log in journal.read_logs(1)] == [1, 2]


@pytest.mark.parametrize("cut", range(1, len(line(1))))
def test_a_line_that_a_killed_writer_left_is_cut_off(tmp_path: Path, cut: int) -> None:
    path, journal = made(tmp_path, line(0) + line(1)[:cut])
    assert [log["n"] for log in journal.read_logs(0)] == [0], "nobody reads half a line"
    journal.append_logs([{**LOG, "n": 2}])
    whole = cut == len(line(1)) - 1  # only its end was missing
    assert [log["n"] for log in journal_of(path).read_logs(0)] == ([0, 1, 2] if whole else [0, 2])
    assert [log["n"] for log in journal.read_logs(1)] == ([1, 2] if whole else [2])


def test_a_long_line_is_cut_off_as_a_whole(tmp_path: Path) -> None:
    path, journal = made(tmp_path, line(0) + b'{"x":"' + b"y" * 200_000)
    journal.append_logs([{**LOG, "n": 1}])
    assert path.read_bytes() == line(0) + line(1)


@pytest.mark.parametrize("damage", [b"\x00\x00\x00\n", b"[]\n", b'{"op_code":1}\n', b"{}\n", b'{"op_co\n', b"\n"])
def test_damage_in_the_middle_is_named_and_nothing_is_written(tmp_path: Path, ledgers: Ledgers, damage: bytes) -> None:
    tell(ledgers.create(str(tmp_path), plan_of(4)), 2)
    path = tmp_path / "journal.log"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:4]) + damage + b"".join(lines[4:]))
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"line 5 of .*journal.log is damaged.*put a copy of it back"):
        ledgers.open(str(tmp_path))
    assert path.read_bytes() == before


def test_lines_that_do_not_fit_together_are_a_sentence(tmp_path: Path, ledgers: Ledgers) -> None:
    ledgers.create(str(tmp_path), plan_of(4))
    with (tmp_path / "journal.log").open("ab") as file:
        file.write(b'{"op_code":99,"worker_id":"a"}\n')
    with pytest.raises(UsageError, match="does not fit together"):
        ledgers.open(str(tmp_path))


def test_a_cut_study_goes_on(tmp_path: Path, ledgers: Ledgers) -> None:
    tell(ledgers.create(str(tmp_path), plan_of(6)), 3)
    path = tmp_path / "journal.log"
    os.truncate(path, path.stat().st_size - 7)  # within the end of the third trial
    ledger = ledgers.open(str(tmp_path))
    assert len(ledger.ended()) == 3, "what it came to was written before its state"
    tell(ledger, 3)
    assert len(ledger.ended()) == 6


def test_several_changes_are_one_write_and_nobody_writes_in_between(tmp_path: Path) -> None:
    path, journal = made(tmp_path)
    with journal.together():
        journal.append_logs([{**LOG, "n": 0}])
        assert [log["n"] for log in journal.read_logs(0)] == [0], "whoever writes sees it at once"
        journal.append_logs([{**LOG, "n": 1}])
        assert path.read_bytes() == b""
    assert path.read_bytes() == line(0) + line(1)
    assert [log["n"] for log in journal.read_logs(1)] == [1]
    assert [log["n"] for log in journal_of(path).read_logs(0)] == [0, 1]


def test_what_was_changed_before_an_error_is_written(tmp_path: Path) -> None:
    path, journal = made(tmp_path)

    def fail() -> None:
        with journal.together():
            journal.append_logs([{**LOG, "n": 0}])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert path.read_bytes() == line(0)


def test_other_programs_read_it(tmp_path: Path, ledgers: Ledgers) -> None:
    tell(ledgers.create(str(tmp_path), plan_of(5)), 5)
    theirs = load_study(
        study_name="small", storage=JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))
    )  # fmt: skip
    assert [trial.state.name for trial in theirs.get_trials()] == ["FAIL", *["COMPLETE"] * 4], "the first has no place"
    assert theirs.best_value == min(trial.value for trial in ledgers.open(str(tmp_path)).ended()[1:])


def test_a_full_disk_is_a_sentence_and_leaves_whole_lines(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    path, journal = made(tmp_path, line(0))
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            import signal

            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (len(line(0)) + 10, resource.RLIM_INFINITY))
            try:
                journal.append_logs([{**LOG, "n": 1}])
            except UsageError as error:
                code = 0 if "cannot be written: File too large" in str(error) else 2
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert path.read_bytes() == line(0)
