"""Short traced runs of a recorded run's code, each from a working tree made anew."""

import json
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from wellfit.errors import UsageError
from wellfit.keep.bisection.trace import Traced, read_traced
from wellfit.keep.restored import restored
from wellfit.keep.run import CURVES, HASH_SEED, Asked
from wellfit.model.events.retrace import SourceRead
from wellfit.model.retrace import Retrace
from wellfit.model.run import WatchSettings
from wellfit.runs.store import KeptRun
from wellfit.script.launch import Apart, launch

MOST_TRIALS = 6
"""Short runs of one bisection."""

STEPS = 20
"""Optimizer steps of each."""

MOST_S = 300.0
"""Seconds after which no further one begins."""

SLOWEST = 4.0
"""A short run may take so many times what the whole one took, and its grace: it is traced."""

GRACE_S = 30.0

_REPLAY_NAME, _OUTPUT_NAME = "replay.json", "output.txt"


@dataclass(frozen=True, slots=True)
class Held:
    """What one short run is held to, besides the code and the states of the generators.

    Args:
        replay: reads of sources that give again what they gave.
        deterministic: torch keeps to deterministic algorithms.
        hash_seed: of Python; None for that of the record.
        threads: of torch's operations; None for as many as the environment says.
    """

    replay: tuple[SourceRead, ...] = ()
    deterministic: bool = False
    hash_seed: int | None = None
    threads: int | None = None


AS_IT_IS = Held()


class Trials:
    """Makes the runs, while there is time for them.

    Args:
        run: as it was recorded.
        links: paths that it finds through a link.
        whole_s: seconds that the whole run takes.
        tell: told of each before it starts, in words.
    """

    def __init__(self, run: KeptRun, links: tuple[str, ...], whole_s: float, tell: Callable[[str], None]) -> None:
        self._run, self._links, self._tell = run, links, tell
        self._limit_s = SLOWEST * whole_s + GRACE_S
        self._deadline = time.monotonic() + MOST_S
        self.made = 0

    def has_room(self, count: int = 1) -> bool:
        """Whether so many more may be made."""
        return self.made + count <= MOST_TRIALS and time.monotonic() < self._deadline

    def make(self, name: str, held: Held = AS_IT_IS) -> Traced:
        """Run the code for a few steps.

        Args:
            name: what is said of it.
            held: what it is held to.
        """
        if not self.has_room():
            return Traced(f"there was no room for more than {self.made} short runs")
        self.made += 1
        self._tell(f"short run {self.made} of at most {MOST_TRIALS}, {name}")
        with tempfile.TemporaryDirectory(prefix="wellfit-trace-", ignore_cleanup_errors=True) as folder:
            try:
                with restored(self._run, self._links) as (asked, tree, _):
                    return self._launch(asked, tree, Path(folder).resolve(), held)
            except UsageError as error:
                return Traced(str(error))

    def _launch(self, asked: Asked, tree: Path, logs: Path, held: Held) -> Traced:
        output = logs / _OUTPUT_NAME
        settings = traced_settings(tree, logs, held, asked.generators)
        outcome = launch(
            asked.command.words,
            settings,
            folder=asked.folder,
            environment={**(asked.environment or {}), **_environment(held)},
            apart=Apart(output, self._limit_s),
        )
        if outcome.exit_code or outcome.errors:
            return Traced(_failure(outcome.exit_code, outcome.errors, output))
        return read_traced(logs)


def traced_settings(root: Path, logs: Path, held: Held, generators: Path | None = None) -> WatchSettings:
    """How a short run is watched.

    Args:
        root: absolute folder of the code.
        logs: absolute folder for what it tells.
        held: what it is held to.
        generators: file with states that the generators are set to; None leaves them alone.
    """
    return WatchSettings(
        str(logs),
        STEPS,
        CURVES,
        record=True,
        lean=True,
        generators=None if generators is None else str(generators),
        retrace=Retrace(str(root), _write_replay(logs, held.replay), held.deterministic),
    )


def _write_replay(folder: Path, reads: Iterable[SourceRead]) -> str | None:
    given = {read.key: read.value for read in reads}
    if not given:
        return None
    file = folder / _REPLAY_NAME
    file.write_text(json.dumps(given), encoding="utf-8")
    return str(file)


def _environment(held: Held) -> dict[str, str]:
    given: dict[str, str] = {}
    if held.hash_seed is not None:
        given[HASH_SEED] = str(held.hash_seed)
    if held.deterministic:
        given["CUBLAS_WORKSPACE_CONFIG"] = ":4096:8"  # without it cuBLAS refuses to be deterministic
    if held.threads is not None:
        given |= dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(held.threads))
    return given


def _failure(exit_code: int, errors: tuple[str, ...], output: Path) -> str:
    if errors and not exit_code:
        return errors[0]
    lines = [line.strip() for line in output.read_text("utf-8", "replace").splitlines() if line.strip()]
    return f"it failed with exit code {exit_code}" + (f": {lines[-1]}" if lines else "")
