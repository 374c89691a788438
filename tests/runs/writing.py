"""Programs of the tests that write records: run as `python writing.py NAME FOLDER ...`, each a process of its own."""

import os
import random
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

from records import metric, opened, option

from wellfit.runs.index.listing import note_run
from wellfit.runs.store import Store


def write_many(home: str, worker: str, count: str) -> None:
    """Begin and end runs, each of which tells who wrote it in three places."""
    store = Store(Path(home))
    for index in range(int(count)):
        tag = int(worker) * 10_000 + index
        run = opened(store, script=f"{tag}.py", options=(option("tag", tag),))
        (run.folder / "events-0.jsonl").write_text(f"{tag}\n")
        run.close(replace(run.record, status="done", metrics=(metric("tag", tag),)))
        if index % 3 == 0:  # the others are left to the next listing
            note_run(store, run.record)


def write_until_killed(home: str, children: str, seed: str) -> None:
    """Fork children that write one run after the other, kill each at a random moment, and print the ends they saw."""
    store, rng = Store(Path(home)), random.Random(int(seed))
    for child in range(int(children)):
        told, teller = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(told)
            _write_on(store, teller, child)
        os.close(teller)
        os.read(told, 1)  # it has begun
        time.sleep(rng.uniform(0, 0.15))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with os.fdopen(told) as lines:
            print(lines.read(), end="", flush=True)


def _write_on(store: Store, teller: int, child: int) -> None:
    if (
        child % 2
    ):  # the moments of these begin before the first run, those of the others within it, slow as disks may be
        os.write(teller, b"\n")
    for index in range(10_000):
        run = opened(store, script=f"{child}-{index}")
        if index == 0 and not child % 2:
            os.write(teller, b"\n")
        os.write(teller, f"began {run.record.id} {run.record.script}\n".encode())
        for step in range(3):
            run.write(replace(run.record, metrics=(metric("step", step),)))
        run.close(replace(run.record, status="done"))
        os.write(teller, f"ended {run.record.id} {run.record.script}\n".encode())
        note_run(store, run.record)


if __name__ == "__main__":
    {"many": write_many, "until_killed": write_until_killed}[sys.argv[1]](*sys.argv[2:])
