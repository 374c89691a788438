"""Everything that trial runs of one script share: the copy of the folder, the warm process, the logs."""

import os
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from wellfit.errors import ProofError
from wellfit.model.cure import WHOLE, Cure, Trial
from wellfit.model.run import Started, WatchSettings
from wellfit.model.wishes import Wishes
from wellfit.prove.one_process import alone, start_of_one
from wellfit.prove.relocate import relocate
from wellfit.prove.trial import TrialRun, read_trial
from wellfit.prove.workspace import Workspace, is_left_out
from wellfit.script.command import count_program_words
from wellfit.script.launch import armed_environment, find_logs
from wellfit.script.launched import Launched
from wellfit.script.signals import ending_cleanly
from wellfit.script.trials import Nursery, TrialEnd

STAGE_PREFIX = "wellfit-trial-"
"""Beginning of the names of the folders that stages make among the temporary files."""

TRIAL_EVENTS = ("TrialStepped", "Scored", "TrialEnded", "FitScored")

OUTPUT_NAME = "output.txt"
"""File beside a run's log with what the script printed."""

QUIET: Mapping[str, str] = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "MPLBACKEND": "Agg",
    "WANDB_MODE": "disabled",
    "WANDB_SILENT": "true",
    "HF_HUB_OFFLINE": "1",
    "HF_DATASETS_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "COMET_MODE": "disabled",
    "NEPTUNE_MODE": "debug",
    "CLEARML_OFFLINE_MODE": "1",
    "MLFLOW_TRACKING_URI": "file:./mlruns",
    "DVCLIVE_TEST": "1",
    "DO_NOT_TRACK": "1",
}
"""Loggers and hubs stay on this machine, windows stay shut, and sets have one order in all runs."""


class Stage:
    """A context manager around the trial runs of one script; leaves nothing behind.

    Args:
        words: of the command that was watched.
        folder: absolute working folder, which is copied.
        started: how the process that trained was started. Where a launcher did it, the trials run that process alone.
        before: names in the folder before the command was watched; None where that is not known.
        also: absolute folders, besides the copy, that runs may write to.
        whole_command: run the command as it is where another program than our Python is started, with all processes
            that it starts; else that is refused.

    Raises:
        ProofError: the command starts another Python than ours, or none that can be started alone, or the folder
            cannot be copied.
    """

    def __init__(  # noqa: PLR0913 - what all trial runs share
        self,
        words: Sequence[str],
        folder: Path,
        started: Started | None = None,
        before: frozenset[str] | None = None,
        also: tuple[str, ...] = (),
        *,
        whole_command: bool = False,
    ) -> None:
        self._is_launched = whole_command and words[0] != sys.executable
        words, inside = (words, Path()) if self._is_launched else start_of_one(words, folder, started)
        self._alone = started is not None and started.ranked
        self._temporary = tempfile.TemporaryDirectory(prefix=STAGE_PREFIX, ignore_cleanup_errors=True)
        self._base = Path(self._temporary.name).resolve()
        self._workspace = Workspace(folder, self._base / "work")
        self._allowed = (str(self._base), *also)
        self._notes = self._base / "imports.json"
        self._before = before
        self._words = [word if word == sys.executable else self._moved(word) for word in words]
        self._inside = self._workspace.copy / inside
        self._nursery: Nursery | Launched | None = None
        self._leaving = ExitStack()
        self._runs = 0

    def __enter__(self) -> "Stage":  # noqa: PYI034 - `Self` is of Python 3.11
        with ExitStack() as leaving:
            leaving.enter_context(self._temporary)
            leaving.enter_context(ending_cleanly())
            self._workspace.restore()
            environment = armed_environment(
                {**os.environ, **QUIET, **self._for_temporary_files(), **(alone() if self._alone else {})},
                WatchSettings(str(self._base)),
            )
            environment["PYTHONPATH"] = self._moved_path(environment["PYTHONPATH"])
            runner = self._nursery = self._runner(environment)
            leaving.enter_context(runner)  # type: ignore[arg-type,unused-ignore]
            runner.wait_until_ready()
            self._import_ahead()
            self._leaving = leaving.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._leaving.close()

    def _runner(self, environment: Mapping[str, str]) -> Nursery | Launched:
        if self._is_launched:
            return Launched(self._words, count_program_words(self._words), str(self._inside), environment)
        return Nursery(self._words, str(self._inside), environment, str(self._base / "server.txt"))

    def leave_out_what_is_new(self, *, yes: bool = True) -> bool:
        """Have the next runs begin without what the watched run left in the folder, or with it again.

        Returns:
            whether there is anything that is left out.
        """
        return self._workspace.copy_only(self._before if yes else None)

    def run(  # noqa: PLR0913 - what makes a run what it is
        self,
        cures: tuple[Cure, ...],
        *,
        seed: int,
        train_steps: int,
        score_steps: int,
        limit_s: float,
        listens: tuple[str, ...] = (),
        whole: bool = True,
        wishes: Wishes | None = None,
        record: bool = False,
    ) -> TrialRun:
        """Run the script once, changed by these cures.

        Args:
            cures: none for the script as it is.
            seed: 0 leaves the script's own seeds alone.
            train_steps: optimizer steps that train.
            score_steps: further ones that score.
            limit_s: seconds after which the run is killed.
            listens: names of events, besides those of every trial, that its log shall hold.
            whole: whether a run says nothing that ends by itself before all of its steps.
            wishes: have it compared with its recipe, too.
            record: have the script's own options noted, too.
        """
        if self._nursery is None:
            raise ProofError("no trial runs outside of the stage")
        if self._runs:
            self._workspace.restore()
        if self._runs == 1:
            self._import_ahead(self._notes)
        self._runs += 1
        logs = self._base / f"run-{self._runs}"
        logs.mkdir()
        trial = Trial(
            seed,
            train_steps,
            score_steps,
            cures,
            root=str(self._workspace.root),
            copy=str(self._workspace.copy),
            allowed=self._allowed,
        )
        settings = WatchSettings(str(logs), train_steps + score_steps, (*TRIAL_EVENTS, *listens), trial, wishes, record)
        armed = armed_environment({}, settings)
        environment = {name: value for name, value in armed.items() if name != "PYTHONPATH"}
        environment |= alone() if self._alone else {}
        notes = str(self._notes) if self._runs == 1 else None
        end = self._nursery.run(environment, str(logs / OUTPUT_NAME), limit_s=limit_s, notes=notes)
        found = [Path(log) for log in find_logs(logs)]
        run = read_trial(end, found, logs / OUTPUT_NAME, train_steps=train_steps, whole=whole)
        return replace(run, log=relocate(run.log, str(self._workspace.copy), str(self._workspace.root)))

    def run_whole(  # noqa: PLR0913 - what makes a run what it is
        self,
        settings: WatchSettings,
        cures: tuple[Cure, ...],
        *,
        seed: int,
        limit_s: float,
        arguments: Sequence[str] = (),
        enough: Callable[[], bool] | None = None,
        left_by: Path | None = None,
    ) -> TrialEnd:
        """Run the script from its beginning to its end, changed by these cures, its log where the settings say.

        Args:
            settings: of its watch; what is changed is added to them.
            cures: none for the script as it is.
            seed: 0 leaves the script's own seeds alone.
            limit_s: seconds after which the run is killed.
            arguments: of the script, in place of those that the command has.
            enough: is asked a few times a second; the run is killed once it says so.
            left_by: copy of the folder in which an attempt at the same run was killed, which this one goes on in.
        """
        if self._nursery is None:
            raise ProofError("no trial runs outside of the stage")
        if self._runs:
            self._workspace.restore()
        if left_by is not None:
            self._workspace.adopt(left_by)
        self._runs += 1
        root, copy = str(self._workspace.root), str(self._workspace.copy)
        trial = Trial(seed, WHOLE, 0, cures, root=root, copy=copy, allowed=self._allowed)
        armed = armed_environment({}, replace(settings, trial=trial))
        environment = {name: value for name, value in armed.items() if name != "PYTHONPATH"}
        environment |= alone() if self._alone else {}
        output = str(Path(settings.log_dir) / OUTPUT_NAME)
        moved = [self._moved(word) for word in arguments]
        return self._nursery.run(environment, output, limit_s=limit_s, arguments=moved, enough=enough)

    @property
    def folder(self) -> Path:
        """The copy that runs write in."""
        return self._workspace.copy

    def of_root(self, path: str) -> str:
        """What stands in the user's own folder for a path within the copy; any other path as it is."""
        root, copy = str(self._workspace.root), str(self._workspace.copy)
        return root + path[len(copy) :] if path.startswith(copy + os.sep) else path

    def _import_ahead(self, notes: Path | None = None) -> None:
        """Have the next runs find imported what the script begins with, or what the first run noted."""
        if self._nursery is not None and (notes is None or notes.is_file()):
            root, copy = str(self._workspace.root), str(self._workspace.copy)
            self._nursery.import_ahead(root, copy, self._allowed, None if notes is None else str(notes))

    def _for_temporary_files(self) -> dict[str, str]:
        """A folder of their own for trials of a program that lies among temporary files, which are shut then."""
        if not self._workspace.root.resolve().is_relative_to(Path(tempfile.gettempdir()).resolve()):
            return {}
        own = self._base / "t"  # short: sockets have names of a hundred characters at most
        own.mkdir()
        return {"TMPDIR": str(own)}

    def _moved(self, word: str) -> str:
        """An argument that names something in the working folder names it in the copy, if that holds it."""
        root, copy = str(self._workspace.root), str(self._workspace.copy)
        option, equals, value = word.partition("=")
        if equals and option.startswith("-"):
            return f"{option}={self._moved(value)}"
        if (word == root or word.startswith(root + os.sep)) and not is_left_out(word[len(root) :]):
            return copy + word[len(root) :]
        return word

    def _moved_path(self, path: str) -> str:
        return os.pathsep.join(self._moved(entry) for entry in path.split(os.pathsep))
