"""What it costs to keep a record of a run: at its start, at each writing, at its end.

python benchmarks/run_records.py
"""

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from wellfit.model.record import MetricSummary, RunRecord
from wellfit.runs.git.capture import capture
from wellfit.runs.index.listing import note_run
from wellfit.runs.machine import describe_machine
from wellfit.runs.software import describe_software
from wellfit.runs.store import OpenRun, Store

DRAFT = RunRecord("", "run", ("python", "train.py"), "/", "train.py", "", "running", 0)
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.org")


def make_repository(folder: Path, *, tracked: int, changed: int, untracked: int) -> Path:
    """A repository with so many files of some 40 lines."""
    text = "".join(f"line {number} of a file that is like any other\n" for number in range(40))
    for index in range(tracked):
        write(folder / f"pkg{index % 50}" / f"m{index}.py", text)
    for words in (["init", "-q"], ["add", "-A"], [*IDENTITY, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *words], cwd=folder, check=True)  # noqa: S607 - the git that wellfit would ask
    for index in range(changed):
        write(folder / f"pkg{index % 50}" / f"m{index}.py", text + "changed\n")
    for index in range(untracked):
        write(folder / f"data{index % 50}" / f"{index}.csv", text)
    return folder


def write(path: Path, text: str) -> None:
    """Write a file, with the folders it takes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def timed(name: str, work: Callable[[int], object], repeats: int) -> None:
    """Print a row with the median and worst milliseconds."""
    times = []
    for index in range(repeats):
        started = time.perf_counter()
        work(index)
        times.append(1e3 * (time.perf_counter() - started))
    print(f"| {name} | {statistics.median(times):.1f} | {max(times):.1f} |", flush=True)


def measure_git(folder: Path, repeats: int) -> None:
    """Capture repositories of several sizes."""
    sizes = {
        "small, clean": {"tracked": 50, "changed": 0, "untracked": 0},
        "small, dirty": {"tracked": 50, "changed": 5, "untracked": 5},
        "2,000 files, dirty": {"tracked": 2_000, "changed": 20, "untracked": 20},
        "20,000 files, dirty": {"tracked": 20_000, "changed": 20, "untracked": 20},
        "small, 2,000 untracked": {"tracked": 50, "changed": 0, "untracked": 2_000},
        "small, 50,000 untracked": {"tracked": 50, "changed": 0, "untracked": 50_000},
    }
    for number, (name, size) in enumerate(sizes.items()):
        root = make_repository(folder / f"repo{number}", **size)
        kept = folder / f"kept{number}"
        timed(f"git: {name}", lambda index, r=root, k=kept: capture(r, k / str(index)), repeats)


def measure_store(folder: Path, repeats: int) -> None:
    """Begin, write and close runs."""
    store, runs = Store(folder / ".wellfit"), []
    metrics = tuple(MetricSummary(f"m{i}", "printed", 9, 1.0, 0.5, 0.4, 7, 9) for i in range(20))
    software, _ = describe_software()

    def begin(_: int) -> None:
        run = store.begin(replace(DRAFT, machine=describe_machine(), software=software))
        assert isinstance(run, OpenRun)  # noqa: S101 - there is room on the disk of who measures
        runs.append(run)

    timed("begin", begin, repeats)
    timed("write", lambda index: runs[index].write(replace(runs[index].record, metrics=metrics)), repeats)
    timed("close", lambda index: runs[index].close(replace(runs[index].record, status="done")), repeats)
    timed("put into the index", lambda index: note_run(store, runs[index].record), repeats)
    size = (runs[0].folder / "record.json").stat().st_size
    print(f"\nrecord.json: {size:,} bytes, with {len(software.packages)} packages")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--repeats", type=int, default=15)
    options = parser.parse_args()
    print("| what | median, ms | worst, ms |\n|---|---|---|")
    timed("machine", lambda _: describe_machine(), options.repeats)
    timed("packages", lambda _: describe_software(), options.repeats)
    with tempfile.TemporaryDirectory() as folder:
        measure_git(Path(folder), options.repeats)
        measure_store(Path(folder), options.repeats)


if __name__ == "__main__":
    main()
