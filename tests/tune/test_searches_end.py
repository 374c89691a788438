"""Real searches of a script by several workers: shared, interrupted, killed; nothing is left, nothing is lost."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from databases import PASSWORD, Server
from studies import Ledgers

from wellfit.model.study import FINAL, TrialSeen
from wellfit.tune.study.ledger import Ledger
from wellfit.tune.study.translate import seen_of

SCRIPT = """
import argparse, os, time, torch
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
args = parser.parse_args()
torch.manual_seed(0)
inputs = torch.randn(64, 4)
targets = inputs @ torch.tensor([1.0, -2.0, 3.0, 0.5])
model = torch.nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=args.lr)
first = 0
if os.path.exists("checkpoint.pt"):
    state = torch.load("checkpoint.pt")
    model.load_state_dict(state["model"])
    first = state["epoch"] + 1
    print(f"resumed={first}")
for epoch in range(first, 6):
    for rows in range(0, 64, 16):
        loss = ((model(inputs[rows:rows + 16])[:, 0] - targets[rows:rows + 16]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    torch.save({"model": model.state_dict(), "epoch": epoch}, "checkpoint.new")
    os.replace("checkpoint.new", "checkpoint.pt")
    print(f"val_loss={loss.item():.5f}", flush=True)
    time.sleep(0.15)
"""
WORDS = ("tune", "train.py", "--lr", "log:1e-3..0.3", "--metric", "val_loss", "--seeds", "0", "--sampler", "random")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a script that goes on from its checkpoint."""
    made = tmp_path / "project"
    made.mkdir()
    (made / "train.py").write_text(SCRIPT)
    return made


@contextlib.contextmanager
def started(*words: str, cwd: Path, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    temporary = Path(tempfile.mkdtemp(prefix="t", dir=cwd.parent))
    process = subprocess.Popen(
        [sys.executable, "-m", "wellfit", *words],
        cwd=cwd, env={**os.environ, "TMPDIR": str(temporary), **environment}, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        yield process
    finally:
        for pid in (process.pid, *ours(cwd, temporary.name)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.communicate()


def ours(folder: Path, name: str = "t") -> dict[int, str]:
    """Processes that work for us, told by the folder for their temporary files, which begins with a name."""
    found = {}
    mark = f"TMPDIR={folder.parent}/{name}".encode()
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (entry / "environ").read_bytes() and int(entry.name) != os.getpid():
                words = (entry / "cmdline").read_bytes().split(b"\0")
                found[int(entry.name)] = b" ".join(words).decode(errors="replace")
    return {pid: words for pid, words in found.items() if words}


def workers(folder: Path) -> list[int]:
    return sorted(pid for pid, words in ours(folder).items() if " -m wellfit worker " in words)


def wait_for(what: Callable[[], object], limit_s: float = 120.0) -> None:
    deadline = time.monotonic() + limit_s
    while not (came := what()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert came


def attempts_of(ledger: Ledger) -> list[TrialSeen]:
    ledger.ended()
    return [seen_of(trial) for trial in ledger.engine.get_trials()]


def final_slots(ledger: Ledger) -> Counter[int]:
    return Counter(trial.slot for trial in attempts_of(ledger) if trial.end in FINAL)


def journal(folder: Path) -> Path:
    return folder / ".wellfit/studies/s"


def test_a_search_on_a_database_with_a_worker_from_elsewhere(folder: Path, postgres: Server, ledgers: Ledgers) -> None:
    place = postgres.new_database()
    words = (*WORDS, "--trials", "8", "--workers", "2", "--name", "s", "-o", "answer.json")
    with started(*words, cwd=folder, WELLFIT_STUDY=place) as search:
        wait_for(lambda: workers(folder))
        with started("worker", cwd=folder, WELLFIT_STUDY=place) as other:
            seen = " ".join(ours(folder).values())
            said = other.communicate(timeout=240)[0]
        told = search.communicate(timeout=240)[0]
    assert (search.returncode, other.returncode) == (0, 0), told + said
    assert final_slots(ledgers.open(place, "s")) == Counter(range(8))
    assert "***" in told
    kept = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    assert not any(PASSWORD in text for text in (told, said, seen))
    assert not any(PASSWORD.encode() in text for text in kept), "nor in records, logs and the answer"
    assert len(json.loads((folder / "answer.json").read_text())["trials"]) == 8


def test_an_interrupt_leaves_no_process_and_the_search_goes_on(folder: Path, ledgers: Ledgers) -> None:
    with started(*WORDS, "--trials", "8", "--workers", "2", "--name", "s", cwd=folder) as search:
        wait_for(lambda: len(workers(folder)) == 2)
        ledger = ledgers.open(str(journal(folder)), "s")
        wait_for(lambda: len(ledger.ended()) >= 3)
        search.send_signal(signal.SIGINT)
        told = search.communicate(timeout=60)[0]
    assert search.returncode == 130, told
    assert not ours(folder)
    before = final_slots(ledger)
    assert 3 <= len(before) < 8
    with started("tune", "--resume", "--workers", "2", "--seeds", "0", cwd=folder) as search:
        told = search.communicate(timeout=240)[0]
    assert search.returncode == 0, told
    assert final_slots(ledger) == Counter(range(8))
    assert not before - final_slots(ledger)


def test_a_killed_worker_costs_its_trial_which_goes_on_from_its_checkpoint(folder: Path, ledgers: Ledgers) -> None:
    with started(*WORDS, "--no-prune", "--trials", "6", "--workers", "2", "--name", "s", cwd=folder) as search:
        wait_for(lambda: len(workers(folder)) == 2)
        ledger = ledgers.open(str(journal(folder)), "s")
        for kill in range(2):
            wait_for(lambda kill=kill: len(ledger.ended()) > kill)
            wait_for(lambda: kill_one_amid_a_trial(ledger, folder))
        told = search.communicate(timeout=240)[0]
    assert search.returncode == 0, told
    assert not ours(folder)
    seen = attempts_of(ledger)
    assert Counter(t.slot for t in seen if t.end in FINAL) == Counter(range(6))
    again = [t for t in seen if t.attempt > 0 and t.end == "done"]
    assert len(again) == 2
    assert all("resumed=" in output for output in outputs_of(again, folder))


def kill_one_amid_a_trial(ledger: Ledger, folder: Path) -> bool:
    """Kills a worker in the midst of a first attempt, held still until it is certain that this has not ended."""
    for victim in running(ledger):
        if victim.attempt == 0 and len(victim.course) == 3 and (owner := owner_of(victim, folder)):
            os.kill(owner, signal.SIGSTOP)
            amid = any(trial.number == victim.number for trial in running(ledger))
            os.kill(owner, signal.SIGKILL if amid else signal.SIGCONT)
            if amid:
                return True
    return False


def outputs_of(trials: Sequence[TrialSeen], folder: Path) -> list[str]:
    return [path.read_text() for t in trials for path in (folder / ".wellfit/runs").glob(f"*/{t.run}/output.txt")]


def test_what_a_killed_trial_left_may_be_of_no_use(folder: Path, ledgers: Ledgers) -> None:
    half_written = SCRIPT.replace(
        'os.replace("checkpoint.new", "checkpoint.pt")', 'open("checkpoint.pt", "wb").write(b"half")'
    )
    (folder / "train.py").write_text(half_written)
    with started(*WORDS, "--no-prune", "--trials", "4", "--workers", "2", "--name", "s", cwd=folder) as search:
        wait_for(lambda: len(workers(folder)) == 2)
        ledger = ledgers.open(str(journal(folder)), "s")
        wait_for(lambda: kill_one_amid_a_trial(ledger, folder))
        told = search.communicate(timeout=240)[0]
    assert search.returncode == 0, told
    seen = attempts_of(ledger)
    assert Counter(t.slot for t in seen if t.end == "done") == Counter(range(4))
    again = [t for t in seen if t.attempt > 0]
    assert [len(t.course) for t in again] == [6], "trained anew, once"


def running(ledger: Ledger) -> list[TrialSeen]:
    return [trial for trial in attempts_of(ledger) if trial.runs and trial.end is None]


def owner_of(trial: TrialSeen, folder: Path) -> int | None:
    """The worker that holds the lock of a trial's name, if it is still there."""
    lock = Path(trial.worker.partition("|")[2]) / "alive.lock"
    return next((pid for pid in workers(folder) if any(_is(fd, lock) for fd in descriptors(pid))), None)


def descriptors(pid: int) -> list[Path]:
    with contextlib.suppress(OSError):
        return list(Path(f"/proc/{pid}/fd").iterdir())
    return []


def _is(descriptor: Path, file: Path) -> bool:
    with contextlib.suppress(OSError):
        return descriptor.resolve() == file.resolve()
    return False


def test_a_killed_starter_takes_its_workers_along_and_the_search_goes_on(folder: Path, ledgers: Ledgers) -> None:
    with started(*WORDS, "--trials", "8", "--workers", "2", "--name", "s", cwd=folder) as search:
        wait_for(lambda: len(workers(folder)) == 2)
        ledger = ledgers.open(str(journal(folder)), "s")
        wait_for(lambda: len(ledger.ended()) >= 3)
        search.kill()
        search.wait()
        wait_for(lambda: not ours(folder), 30.0)  # each ends the trial that it is at
    before = final_slots(ledger)
    assert 3 <= len(before) < 8
    with started("tune", "--resume", "--seeds", "0", cwd=folder) as search:
        told = search.communicate(timeout=240)[0]
    assert search.returncode == 0, told
    assert final_slots(ledger) == Counter(range(8))
    assert not [trial for trial in attempts_of(ledger) if trial.end == "dead"], "no trial was cut"
