"""What is said without a look at the script costs next to nothing: no engine, no torch."""

import resource
import subprocess
import sys
from pathlib import Path

WORDS = ("tune", "train.py", "--lr", "log:1e-5..1", "--weight-decay", "log:1e-5..1", "--dropout", "0..0.6", "--dry")
MOST_CPU_S = 0.3


def cpu_seconds(folder: Path) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "wellfit", *WORDS], check=True, cwd=folder, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def test_a_dry_search_takes_no_third_of_a_second(tmp_path: Path) -> None:
    costs = [cpu_seconds(tmp_path) for _ in range(5)]
    assert min(costs) <= MOST_CPU_S, costs
    assert not list(tmp_path.iterdir())
