"""Many processes write at once, and are killed at any moment: none is lost, none is mixed, none is half."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from wellfit.errors import RecordError
from wellfit.runs.index.listing import list_runs
from wellfit.runs.store import Store, read_all

PROGRAM = str(Path(__file__).with_name("writing.py"))


def start(*words: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, PROGRAM, *map(str, words)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def test_a_thousand_runs_by_eight_processes_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path / ".wellfit")
    writers = [start("many", store.home, worker, 125) for worker in range(8)]
    seen: list[int] = []
    while any(writer.poll() is None for writer in writers):
        seen.append(list_runs(store).total)  # a reader in their midst
        time.sleep(0.05)
    ends = [writer.communicate() for writer in writers]
    assert [writer.returncode for writer in writers] == [0] * 8, ends
    assert seen == sorted(seen)

    started = time.perf_counter()
    listing = list_runs(store, limit=2_000)
    first = time.perf_counter() - started
    started = time.perf_counter()
    list_runs(store, where=["option:tag<20000"])
    second = time.perf_counter() - started
    assert second < 0.5

    (store.home / "index.sqlite").unlink()
    started = time.perf_counter()
    assert list_runs(store).total == 1_000
    anew = time.perf_counter() - started
    print(f"1,000 runs: first listing {first:.3f} s, filter {second:.3f} s, index made anew {anew:.3f} s")

    wanted = {float(worker * 10_000 + index) for worker in range(8) for index in range(125)}
    assert (listing.total, listing.notes) == (1_000, ())
    assert {run.options["tag"] for run in listing.runs} == wanted
    for run in listing.runs:
        tag = int(run.options["tag"])
        assert (run.script, run.metrics["tag"], run.status) == (f"{tag}.py", tag, "done")
        day = f"{run.id[:4]}-{run.id[4:6]}-{run.id[6:8]}"
        assert (store.folder / day / run.id / "events-0.jsonl").read_text() == f"{tag}\n"


def test_kill_at_fifty_random_moments(tmp_path: Path) -> None:
    store = Store(tmp_path / ".wellfit")
    killer = start("until_killed", store.home, 50, 7)
    out, err = killer.communicate()
    assert killer.returncode == 0, err
    told = [line.split() for line in out.splitlines() if line]
    ended = {run_id: script for word, run_id, script in told if word == "ended"}
    began = {run_id: script for word, run_id, script in told if word == "began"}
    assert len({script.split("-")[0] for script in began.values()}) >= 25, "half of them are killed at work"

    records = {kept.record.id: kept.record for kept in read_all(store) if not isinstance(kept, RecordError)}
    assert not [kept for kept in read_all(store) if isinstance(kept, RecordError)]
    assert began.keys() <= records.keys()
    assert all(records[run_id].script == script for run_id, script in began.items())
    assert {records[run_id].status for run_id in ended} == {"done"}
    left = {record.status for run_id, record in records.items() if run_id not in ended}
    assert left <= {"killed", "done"}  # done where it was killed between its last word and telling us
    killed = [run_id for run_id, record in records.items() if record.status == "killed"]
    assert killed
    for run_id in killed:
        day = f"{run_id[:4]}-{run_id[4:6]}-{run_id[6:8]}"
        written = json.loads((store.folder / day / run_id / "record.json").read_text())
        assert written["status"] == "killed"

    listing = list_runs(store, limit=100_000)
    assert ({run.id: run.status for run in listing.runs}, listing.notes) == (
        {run_id: record.status for run_id, record in records.items()},
        (),
    )
    print(f"{len(records)} runs by 50 processes killed: {len(killed)} killed, {len(ended)} ended")
