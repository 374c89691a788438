"""Whether a list of runs stays quick: an index of a million synthetic runs, and the questions that people ask it.

The rows go in by the function that real runs go in by, with four options and three metrics each. Every question is
asked as `wellfit runs` asks it: the index is opened, held against the folders of its days, and closed again. These
folders are empty: a day whose folder has not changed since is not looked into, which is the point.

    python benchmarks/run_index.py                     # a million runs; some minutes and 1.5 GB of disk
    python benchmarks/run_index.py --runs 20000        # what the tests do
"""

import argparse
import json
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

from wellfit.model.record import GitState, MetricSummary, Option, RunRecord
from wellfit.runs.index.listing import list_runs
from wellfit.runs.index.opening import INDEX, open_index
from wellfit.runs.index.reconcile import writing
from wellfit.runs.index.rows import put
from wellfit.runs.index.schema import create_indexes
from wellfit.runs.store import Store

PER_DAY = 1_000
TRANSACTION = 50_000
FIRST = datetime(2023, 1, 1, tzinfo=timezone.utc)
LONG_AGO = 1_700_000_000
RATES = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003)

QUESTIONS = {
    "latest 20": {},
    "status=failed (5 %)": {"where": ["status=failed"]},
    "status=pruned (0.001 %)": {"where": ["status=pruned"]},
    "val_loss<0.3 (26 %)": {"where": ["val_loss<0.3"]},
    "val_loss<0.001 (0.1 %)": {"where": ["val_loss<0.001"]},
    "lr=0.1 (12.5 %)": {"where": ["lr=0.1"]},
    "lr=0.1 and val_loss<0.3": {"where": ["lr=0.1", "val_loss<0.3"]},
    "lr=0.1, val_loss<0.3 and status=failed": {"where": ["lr=0.1", "val_loss<0.3", "status=failed"]},
    "optimizer=adam, accuracy>0.999": {"where": ["optimizer=adam", "accuracy>0.999"]},
    "sort by val_loss": {"sort": "val_loss"},
    "sort by accuracy, best first": {"sort": "accuracy"},
    "sort by elapsed": {"sort": "elapsed"},
    "sort by val_loss where lr=0.1": {"where": ["lr=0.1"], "sort": "val_loss"},
    "sort by val_loss where status=failed": {"where": ["status=failed"], "sort": "val_loss"},
    "sort by val_loss where lr=0.1 and status=failed": {"where": ["lr=0.1", "status=failed"], "sort": "val_loss"},
    "one commit": {"where": ["commit=0000000007"]},
    "one id": {"where": ["id=20230107-0000"]},
}
"""What people ask. The share in brackets is that of the runs which fulfil it."""

HARD = {
    "lr=0.1 and lr=0.3 (none, both common)": {"where": ["lr=0.1", "lr=0.3"]},
    "val_loss<0.3 and val_loss>0.31 (none, both common)": {"where": ["val_loss<0.3", "val_loss>0.31"]},
    "words~unheard (none)": {"where": ["words~unheard"]},
    "val_loss!=0.5": {"where": ["val_loss!=0.5"]},
    "sort by script": {"sort": "script"},
}
"""Questions that no index answers: all runs, or all values of a metric, are walked through."""


def record(index: int, rng: random.Random, runs: int) -> RunRecord:
    """A run as a search over rates would leave it."""
    started = FIRST + timedelta(days=index // PER_DAY, seconds=(index % PER_DAY) * 80)
    status = "pruned" if index % 100_000 == 7 else "failed" if rng.random() < 0.05 else "done"
    loss = rng.expovariate(1.0)
    return RunRecord(
        id=f"{started:%Y%m%d-%H%M%S}-{''.join(rng.choices('abcdefgh', k=4))}",
        kind="trial" if index % 10 else "run",
        words=("python", "train.py", "--lr", str(RATES[index % len(RATES)]), "--seed", str(index)),
        folder="/home/me/project",
        script=f"train_{index % 7}.py",
        started=started.isoformat(timespec="microseconds"),
        status=status,
        pid=1,
        git=GitState("/home/me/project", f"{index * 1_000 // runs:010}" + "a" * 30, "trunk"),
        elapsed_s=rng.uniform(1, 10_000),
        exit_code=int(status == "failed"),
        options=(
            Option("lr", RATES[rng.randrange(len(RATES))], 0.001, "argparse"),
            Option("optimizer", rng.choice(["sgd", "adam", "adamw"]), "sgd", "argparse"),
            Option("seed", index, 0, "argparse"),
            Option("amp", rng.random() < 0.5, default=False, source="argparse"),
        ),
        metrics=(
            metric("val_loss", loss, loss * 0.9, higher=False),
            metric("accuracy", rng.random(), 1.0, higher=True),
            metric("train_loss", rng.expovariate(2.0), 0.0, higher=False),
        ),
    )


def metric(name: str, last: float, best: float, *, higher: bool) -> MetricSummary:
    """A summary of ten values."""
    return MetricSummary(name, "reported", 10, 2.0, last, best, 9, 10, higher)


def build(store: Store, runs: int) -> float:
    """Make the index; the seconds that took."""
    store.folder.mkdir(parents=True, mode=0o700)
    rng = random.Random(0)
    started = time.perf_counter()
    with open_index(store.home) as db:
        drop_indexes(db)
        for first in range(0, runs, TRANSACTION):
            with writing(db):
                for index in range(first, min(first + TRANSACTION, runs)):
                    put(db, record(index, rng, runs))
            print(f"  {first + TRANSACTION:,} runs, {time.perf_counter() - started:.0f} s", file=sys.stderr)
        with writing(db):
            create_indexes(db)
        note_days(db, store, runs)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return time.perf_counter() - started


def drop_indexes(db: sqlite3.Connection) -> None:
    """Rows go in faster without them."""
    named = db.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
    for (name,) in named:
        db.execute(f"DROP INDEX {name}")


def note_days(db: sqlite3.Connection, store: Store, runs: int) -> None:
    """Make the folders of the days, as old as the index believes them to be."""
    with writing(db):
        for number in range(-(-runs // PER_DAY)):
            day = store.folder / f"{FIRST + timedelta(days=number):%Y-%m-%d}"
            day.mkdir()
            os.utime(day, (LONG_AGO, LONG_AGO))
            db.execute("INSERT INTO days(day, mtime) VALUES (?, ?)", (day.name, LONG_AGO * 10**9))


def ask(store: Store, question: dict, repeats: int) -> dict:
    """Median and worst seconds, those of the first time after a pause, and how many runs were answered."""
    times = []
    for repeat in range(repeats + 1):
        if not repeat:
            forget_pages(store.home / INDEX)
        started = time.perf_counter()
        listing = list_runs(store, **question)
        times.append(time.perf_counter() - started)
        if listing.notes:
            sys.exit(f"the index was not used: {listing.notes}")
    cold, *warm = times
    return {"cold_s": cold, "median_s": statistics.median(warm), "worst_s": max(warm), "shown": len(listing.runs)}


def forget_pages(path: Path) -> None:
    """Let the system drop what it keeps of the file in memory, as it will have done by the next morning."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def measure(runs: int, folder: Path, repeats: int) -> dict:
    """Build the index and ask all questions."""
    store = Store(folder / ".wellfit")
    built = build(store, runs)
    size = (store.home / INDEX).stat().st_size
    print(f"{runs:,} runs, {size / 1e6:,.0f} MB, put in within {built:.0f} s, sqlite {sqlite3.sqlite_version}")
    answers = {}
    for title, questions in (("asked", QUESTIONS), ("without an index", HARD)):
        print(f"\n| {title} | runs shown | median, s | worst, s | from the disk, s |\n|---|---|---|---|---|")
        for name, question in questions.items():
            found = {**ask(store, question, repeats), "hard": questions is HARD}
            answers[name] = found
            seconds = " | ".join(f"{found[which]:.3f}" for which in ("median_s", "worst_s", "cold_s"))
            print(f"| {name} | {found['shown']} | {seconds} |", flush=True)
    return {"runs": runs, "bytes": size, "built_s": built, "answers": answers}


def main() -> None:
    """Read the options, measure, and say whether the bound holds."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--bound", type=float, default=0.5, help="seconds for the median of each question, warm")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(options.runs, Path(folder), options.repeats)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))
    late = [
        name for name, answer in found["answers"].items() if answer["median_s"] > options.bound and not answer["hard"]
    ]
    print(f"\nabove {options.bound} s: {', '.join(late) or 'none'}")
    sys.exit(bool(late))


if __name__ == "__main__":
    main()
