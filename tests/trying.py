"""Runs a small script as trials: as it is, and with cures, forked from one Python that has imported torch."""

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wellfit.digest.read import read_log
from wellfit.model.cure import Cure, Trial
from wellfit.model.events.trial import Intervened, Scored, TrialEnded, TrialStepped, WriteRefused
from wellfit.model.run import WatchSettings
from wellfit.script.launch import armed_environment
from wellfit.script.markers import read_markers
from wellfit.script.trials import Nursery, TrialEnd


@dataclass(frozen=True)
class Tried:
    """What one trial left behind."""

    events: tuple[Any, ...]
    end: TrialEnd
    output: str
    errors: tuple[str, ...]

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    @property
    def losses(self) -> list[float | None]:
        return [event.loss for event in self.of(TrialStepped)]

    @property
    def steps(self) -> list[TrialStepped]:
        return self.of(TrialStepped)

    @property
    def weights(self) -> str | None:
        return self.of(TrialEnded)[-1].weights

    @property
    def changed(self) -> Intervened:
        return self.of(Intervened)[0]

    @property
    def scores(self) -> list[Scored]:
        return self.of(Scored)

    @property
    def refused(self) -> list[str]:
        return [event.path for event in self.of(WriteRefused)]


class Bench:
    """A copy of a script's folder, and a server that forks trials of the script; a context manager.

    Args:
        script: in a folder that may be copied whole.
        argv: its arguments.
        root: folder that is copied; the script's own by default.
    """

    def __init__(self, script: Path, *argv: str, root: Path | None = None) -> None:
        self.script = script.resolve()
        self.root = (root or script.parent).resolve()
        self.folder = Path(tempfile.mkdtemp(prefix="wellfit-test-")).resolve()
        self.copy = self.folder / "copy"
        self._argv = argv
        self._runs = 0

    def __enter__(self) -> "Bench":  # noqa: PYI034 - `Self` is of Python 3.11
        shutil.copytree(self.root, self.copy, ignore=shutil.ignore_patterns("__pycache__"))
        logs = self.folder / "server"
        logs.mkdir()
        inside = str(self.script.relative_to(self.root))
        environment = armed_environment(os.environ, WatchSettings(str(logs)))
        temporary = self.folder / "t"
        temporary.mkdir()
        environment |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TMPDIR": str(temporary)}
        self.nursery = Nursery(
            [sys.executable, inside, *self._argv], str(self.copy), environment, str(self.folder / "server.txt")
        )
        self.nursery.__enter__()
        self.nursery.wait_until_ready()
        return self

    def __exit__(self, *_: object) -> None:
        self.nursery.__exit__()
        shutil.rmtree(self.folder, ignore_errors=True)

    def write(self, text: str) -> None:
        """Let the script be another from here on; the server has not looked at it."""
        for root in (self.root, self.copy):
            (root / self.script.relative_to(self.root)).write_text(text)

    def import_ahead(self, notes: Path | None = None) -> str:
        """Have modules imported before the next runs; what the server said of those that it left."""
        told = self.folder / "server.txt"
        before = len(told.read_text())
        allowed = (str(self.folder),)
        self.nursery.import_ahead(str(self.root), str(self.copy), allowed, None if notes is None else str(notes))
        return told.read_text()[before:]

    def run(
        self, cures: Sequence[Cure] = (), *, seed: int = 0, train: int = 20, score: int = 4, limit_s: float = 90.0,
        notes: Path | None = None,
    ) -> Tried:  # fmt: skip
        """One trial."""
        self._runs += 1
        logs = self.folder / f"logs-{self._runs}"
        logs.mkdir()
        trial = Trial(seed, train, score, tuple(cures), str(self.root), str(self.copy), (str(self.folder),))
        settings = WatchSettings(str(logs), steps=train + score, wanted=("TrialEnded",), trial=trial)
        environment = armed_environment({}, settings)
        del environment["PYTHONPATH"]
        output = logs / "output.txt"
        end = self.nursery.run(environment, str(output), limit_s=limit_s, notes=None if notes is None else str(notes))
        events = [event for log in sorted(logs.glob("events-*.jsonl")) for event in read_log(log).events]
        return Tried(tuple(events), end, output.read_text(), read_markers(logs / "processes.log").errors)


def try_once(script: Path, cures: Sequence[Cure] = (), **options: Any) -> Tried:
    """One trial of a script."""
    with Bench(script) as bench:
        return bench.run(cures, **options)
