"""What the engine of `wellfit tune` costs beside the trials: per trial, by storage, sampler and number of trials.

A trial here trains nothing: it is asked for with four knobs, reports three values, and is told. The time is that of the
asking process alone. `memory` is Optuna's own study in memory, under its own loop and TPE: what the engine below costs
without a file, workers and kills. Batches are the way of fused trials: 64 are asked for, noted and told at once.

    python benchmarks/engine.py                          # some minutes; PostgreSQL where `pgserver` or a server is here
    python benchmarks/engine.py --trials 100 --rounds 1  # seconds
    python benchmarks/engine.py --dry                    # what `wellfit tune --dry` costs, from its start to its end
"""

import argparse
import contextlib
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wellfit.model.study import Knob, StudyPlan, TrialTold
from wellfit.tune.study.ledger import Ledger

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

BATCH = 64
KNOBS = tuple(Knob(f"k{number}", low=1e-5, high=1.0, log=True) for number in range(4))
LONGEST = {("memory", "tpe"): 1_000, ("postgres", "singly"): 1_000}
"""Trials beyond which is not measured: it would take long, and not be another figure."""

DRY = ("tune", "train.py", "--lr", "log:1e-5..1", "--weight-decay", "log:1e-5..1", "--dropout", "0..0.6", "--dry")


@dataclass(frozen=True)
class Cost:
    """Of one trial, in milliseconds."""

    cpu: float
    wall: float
    late_cpu: float  # in the last tenth


def value_of(values):
    return sum((math.log10(values[knob.key]) + 2) ** 2 for knob in KNOBS) if values else 36.0


def told(value):
    return TrialTold("done", value, seconds=0.1, points=3)


def plan_of(trials, sampler):
    return StudyPlan(
        "s", ("python", "x.py"), "/", "x.py", KNOBS, "val_loss", higher_is_better=False, trials=trials, sampler=sampler,
        points=3,
    )  # fmt: skip


def singly(ledger):
    while (setting := ledger.ask("me", "/copy")) is not None:
        value = value_of(setting.values)
        for past in (2, 1, 0):
            ledger.note([value + past])
        ledger.tell(told(value))
        yield 1


def in_batches(ledger):
    while settings := ledger.ask_many(BATCH, "me", "/copy"):
        values = {setting.slot: value_of(setting.values) for setting in settings}
        for past in (2, 1, 0):
            ledger.note_many({slot: [value + past] for slot, value in values.items()})
        ledger.tell_many({slot: told(value) for slot, value in values.items()})
        yield len(settings)


def in_memory(trials, sampler):
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    made = optuna.samplers.RandomSampler(seed=0) if sampler == "random" else optuna.samplers.TPESampler(seed=0)
    study = optuna.create_study(sampler=made)
    for _ in range(trials):
        trial = study.ask()
        value = value_of({knob.key: trial.suggest_float(knob.key, knob.low, knob.high, log=True) for knob in KNOBS})
        for step in (1, 2, 3):
            trial.report(value + 3 - step, step)
        study.tell(trial, value)
        yield 1


def measure(work: Callable[[], Iterator[int]]) -> Cost:
    marks = [(0, time.process_time(), time.perf_counter())]
    for count in work():
        marks.append((marks[-1][0] + count, time.process_time(), time.perf_counter()))
    first, last = marks[0], marks[-1]
    late = marks[min(len(marks) - 2, int(0.9 * (len(marks) - 1)))]
    each = 1_000 / last[0]
    late_cpu = 1_000 * (last[1] - late[1]) / (last[0] - late[0])
    return Cost((last[1] - first[1]) * each, (last[2] - first[2]) * each, late_cpu)


@contextlib.contextmanager
def places():
    """Names of storages, and what makes an empty one."""
    with contextlib.ExitStack() as leaving:
        found = {"journal": lambda: leaving.enter_context(tempfile.TemporaryDirectory())}
        try:
            from databases import UnavailableError, serving
        except ImportError as error:
            print(f"no PostgreSQL: {error}", file=sys.stderr)
            yield found
            return
        try:
            found["postgres"] = leaving.enter_context(serving(is_lasting=True)).new_database
        except UnavailableError as error:
            print(f"no PostgreSQL: {error}", file=sys.stderr)
        yield found


def once(storage, make, way, sampler, trials):
    if storage == "memory":
        return measure(lambda: in_memory(trials, sampler))
    ledger = Ledger.create(make(), plan_of(trials, sampler))
    try:
        return measure(lambda: way(ledger))
    finally:
        ledger.close()


def rows(found, options):
    ways = [("memory", None, "singly", singly)]
    for storage, make in found.items():
        ways += [(storage, make, "singly", singly), (storage, make, f"{BATCH} at once", in_batches)]
    for storage, make, shown, way in (way for way in ways if options.only in {None, way[0]}):
        for sampler in ("random", "tpe"):
            for trials in options.trials:
                if trials <= min(LONGEST.get((storage, key), trials) for key in (shown, sampler)):
                    costs = [once(storage, make, way, sampler, trials) for _ in range(options.rounds)]
                    yield storage, shown, sampler, trials, costs


def dry():
    """CPU seconds of the whole command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "wellfit", *DRY], check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=["memory", "journal", "postgres"])
    parser.add_argument("--dry", action="store_true")
    options = parser.parse_args()
    if options.dry:
        print(f"wellfit tune --dry: {statistics.median(dry() for _ in range(options.rounds)):.2f} CPU-seconds")
        return
    print("| storage | trials are asked for | sampler | trials | CPU, ms | in the last tenth | wall, ms |")
    print("|---|---|---|---|---|---|---|", flush=True)
    with places() as found:
        for storage, shown, sampler, trials, costs in rows(found, options):
            cpu, late, wall = (
                statistics.median(getattr(cost, name) for cost in costs) for name in ("cpu", "late_cpu", "wall")
            )
            print(f"| {storage} | {shown} | {sampler} | {trials:,} | {cpu:.2f} | {late:.2f} | {wall:.2f} |", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
