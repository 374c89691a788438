"""Whether recorded runs come back to the last bit: from clean and dirty sources, and after the repository moved on.

python benchmarks/reruns.py                      # examples, frameworks and `rerun_programs`: some ten minutes
python benchmarks/reruns.py --only digits        # those whose name contains this

Each script gets a repository of its own. It is run as committed, and with a changed source that imports an untracked
module; each run is checked there and then, and again after both files have gone and another commit was made.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("examples", "tests/frameworks/programs", "benchmarks/rerun_programs")
FEW = {
    "char_lm": ("--steps", "60"),
    "digits_few": ("--epochs", "8"),
    "digits_slow": ("--epochs", "3"),
    "digits_softmax": ("--epochs", "2"),
    "graph_nodes": ("--epochs", "40"),
    "regression_diabetes": ("--epochs", "10"),
    "text_classifier": ("--epochs", "2"),
    "transfer_frozen": ("--epochs", "2"),
    "wine_mlp": ("--epochs", "10"),
}
"""Options that make an example short; the others are."""

UNTRACKED = """
from torch import nn


class Linear(nn.Linear):
    def reset_parameters(self):
        super().reset_parameters()
        self.weight.data.mul_(0.9)
"""
IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@example.org")


def call(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end in a folder."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        words, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def wellfit(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run wellfit in a folder."""
    return call(folder, sys.executable, "-m", "wellfit", *words)


def git(folder: Path, *words: str) -> None:
    """Run git in a folder."""
    call(folder, "git", *IDENTITY, *words).check_returncode()


def dirtied(text: str) -> str:
    """The script with other layers, of a module of its own."""
    head, _, rest = text.partition('"""\n')
    return f'{head}"""\nimport smaller\n{rest.replace("nn.Linear(", "smaller.Linear(")}'


def recorded(folder: Path, script: Path) -> str:
    """Run it; the id of the record."""
    ran = wellfit(folder, "run", script.name, *FEW.get(script.stem, ()))
    if (found := re.search(r"done, recorded as (\S+)", ran.stderr)) is None:
        raise SystemExit(f"{script.name} did not end well:\n{ran.stderr}")
    return found[1]


def states(folder: Path, script: Path) -> Iterator[tuple[str, str]]:
    """Name and id of each run, in a repository that is in that state while the name is out."""
    place = folder / script.name
    place.write_text(script.read_text())
    git(folder, "init", "-q")
    git(folder, "add", script.name)
    git(folder, "commit", "-qm", "first")
    yield "clean", (clean := recorded(folder, script))
    place.write_text(dirtied(script.read_text()))
    (folder / "smaller.py").write_text(UNTRACKED)
    yield "dirty, untracked", (dirty := recorded(folder, script))
    (folder / "smaller.py").unlink()
    place.write_text("raise SystemExit('moved on')\n")
    git(folder, "commit", "-qam", "second")
    yield "clean, moved on", clean
    yield "dirty, moved on", dirty


def measure(script: Path) -> int:
    """Print a row for each state; how many came back."""
    equal = 0
    with tempfile.TemporaryDirectory() as folder:
        for state, run in states(Path(folder), script):
            began = time.monotonic()
            back = wellfit(Path(folder), "rerun", "--check", run)
            said = (back.stdout.splitlines() or back.stderr.splitlines() or ["nothing said"])[-1]
            equal += back.returncode == 0
            print(f"| {script.stem} | {state} | {said} | {time.monotonic() - began:.1f} |", flush=True)
    return equal


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    scripts = [s for folder in FOLDERS for s in sorted((ROOT / folder).glob("*.py")) if options.only in s.stem]
    print("| script | sources | what came back | s |\n|---|---|---|---|")
    equal = sum(measure(script) for script in scripts)
    print(f"\n{equal} of {4 * len(scripts)} equal to the last bit")


if __name__ == "__main__":
    main()
