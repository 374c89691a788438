"""Runs in folders that `wandb sync` reads; nothing is sent, and no account is needed, before somebody calls that."""

import os
import re
import shlex
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wellfit.errors import ExportError
from wellfit.keep.export.told import PREFIX, Curves, Told

if TYPE_CHECKING:
    from wandb import Run, Settings

NEEDED = ("wandb",)
"""Modules."""

KILLED = 128 + 9
"""Exit code of a killed run: W&B knows no other status than that, and takes no negative one."""

STEP = "step"
"""Beside each value; W&B's own count of rows takes none twice."""

_NOT_IN_PROJECTS = re.compile(r"[/\\#?%:\x00-\x1f]")
_LONGEST_PROJECT = 128

_SILENT: Mapping[str, Any] = {
    "silent": True,
    "console": "off",
    "disable_git": True,
    "disable_code": True,
    "disable_job_creation": True,
    "save_code": False,
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_disable_machine_info": True,
    "x_save_requirements": False,
}
"""W&B takes down what runs now, here: this is the exporter, and not the run."""


class WandbFolder:
    """A folder with W&B's offline runs.

    Args:
        folder: absolute; it must exist.
        project: name of W&B's project.

    Raises:
        ExportError: the folder cannot be used.
    """

    def __init__(self, folder: Path, project: str) -> None:
        self._project = _NOT_IN_PROJECTS.sub("-", project)[:_LONGEST_PROJECT]
        self._folder, self._runs = folder, folder / "wandb"
        os.environ["WANDB_ERROR_REPORTING"] = "false"
        with _refusals("the folder"):
            self._runs.mkdir(exist_ok=True)

    @property
    def opened_by(self) -> str:
        """The command that sends on what was written."""
        return f"wandb sync {shlex.quote(str(self._runs))}/offline-run-*"

    def has(self, run: str) -> bool:
        """Whether the run of this id is there."""
        return any(self._runs.glob(f"offline-run-*-{run}"))

    def write(self, told: Told) -> None:
        """Write a run, which appears in whole or not at all.

        Raises:
            ExportError: W&B did not take it.
        """
        with _refusals(told.id), tempfile.TemporaryDirectory(dir=self._folder, prefix=".half-") as half:
            run = self._begin(told, half)
            _log(run, told)
            run.finish(exit_code=_exit_code(told))
            (complete,) = Path(half, "wandb").glob("offline-run-*")
            shutil.rmtree(complete / "logs", ignore_errors=True)  # of W&B itself, with paths of this machine
            complete.rename(self._runs / complete.name)

    def _begin(self, told: Told, folder: str) -> "Run":
        import wandb

        facts = {name.removeprefix(PREFIX): text for name, text in told.facts.items()}
        return wandb.init(
            mode="offline",
            dir=folder,
            id=told.id,
            name=told.id,
            project=self._project,
            job_type=facts["kind"],
            config={**told.options, PREFIX.rstrip("."): facts},
            settings=_settings(told),
            reinit="finish_previous",
        )


def _settings(told: Told) -> "Settings":
    """Those of this version: names with `x_` come and go."""
    import wandb

    wanted = {**_SILENT, **({"host": told.host} if told.host else {})}
    return wandb.Settings(**{name: value for name, value in wanted.items() if name in wandb.Settings.model_fields})


def _log(run: "Run", told: Told) -> None:
    run.define_metric("*", step_metric=STEP)
    for step, values, seconds in _rows(told.curves):
        run.log({**values, STEP: step, "_timestamp": told.began_s + seconds})
    for name, (value, step) in told.bests.items():
        run.summary[f"best/{name}"] = value
        run.summary[f"best_step/{name}"] = step
    for name, text in told.files.items():
        file = Path(run.dir, name)
        file.write_text(text, encoding="utf-8")
        run.save(str(file), base_path=run.dir, policy="now")


def _rows(curves: Curves) -> Iterator[tuple[int, dict[str, float], float]]:
    """Step, values and seconds since the run began, in the order of steps; time never goes back.

    A metric that has several values at one step has a row for each.
    """
    values: dict[tuple[int, int], dict[str, float]] = defaultdict(dict)
    seconds: dict[tuple[int, int], float] = defaultdict(float)
    for name, points in curves.items():
        seen: Counter[int] = Counter()
        for point in points:
            row = (point.step, seen[point.step])
            seen[point.step] += 1
            values[row][name] = point.value
            seconds[row] = max(seconds[row], point.elapsed_s)
    latest = 0.0
    for row in sorted(values):
        latest = max(latest, seconds[row])
        yield row[0], values[row], latest


def _exit_code(told: Told) -> int:
    """Nothing but 0 reads as success, and nothing that failed as 0."""
    if told.status == "done":
        return 0
    if told.status == "killed":
        return KILLED
    code = told.exit_code or 1
    return code if code > 0 else 128 - code


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    """W&B's own words, its first line, for what it does not take."""
    import wandb

    try:
        yield
    except (OSError, ValueError, TypeError, OverflowError, wandb.Error) as error:
        raise ExportError(f"W&B did not take {what}: {(str(error) or repr(error)).splitlines()[0]}") from error
