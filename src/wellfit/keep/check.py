"""A check that is recorded, with what its rules said; or one that leaves nothing behind."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from wellfit.keep.run import Asked, Recording, status_of, told_by
from wellfit.model.codec import decode, encode
from wellfit.model.events.run import Armed
from wellfit.model.place import Place
from wellfit.model.record import VerdictKept
from wellfit.model.report import Report
from wellfit.model.run import Outcome, WatchSettings
from wellfit.report.naming import shown_place
from wellfit.runs.atomic import write_whole
from wellfit.runs.secrets import mask_words
from wellfit.script.launch import launch


class Checked:
    """One check.

    Args:
        asked: what is run.
        folder: of the event logs.
        recording: that is kept; None for none.
    """

    def __init__(self, asked: Asked, folder: Path, recording: Recording | None) -> None:
        self._asked, self._folder, self._recording = asked, folder, recording

    def launch(self, steps: int | None, wanted: tuple[str, ...]) -> Outcome:
        """Run it.

        Args:
            steps: optimizer steps after which it ends; None for no budget.
            wanted: names of the events that the chosen rules read.

        Raises:
            UsageError: the command cannot be started.
        """
        recorded = self._recording is not None
        settings = WatchSettings(str(self._folder), steps, wanted, record=recorded)
        environment = self._recording.environment if self._recording else None
        return launch(self._asked.command.words, settings, environment=environment)

    def end(self, outcome: Outcome, report: Report) -> tuple[str, ...]:
        """Write what the rules said.

        Returns:
            Why nothing could be recorded, a sentence each.
        """
        if self._recording is None:
            return ()
        verdicts = [
            VerdictKept(v.rule, v.name, v.verdict, _where(report, v.findings[0].where) if v.findings else "")
            for v in report.verdicts
        ]
        recorded, notes = told_by(outcome)
        status = status_of(outcome.exit_code)
        for log in outcome.logs:
            _mask_first_line(Path(log))
        self._recording.end(status, outcome.exit_code, recorded=recorded, verdicts=verdicts, notes=notes)
        return self._recording.notices


def _mask_first_line(log: Path) -> None:
    """The command that a log begins with loses its secrets, once nothing is started by it any more."""
    with suppress(OSError):
        first, rest = log.read_bytes().split(b"\n", 1)
        armed = decode(first.decode("utf-8", "replace"))
        if isinstance(armed, Armed) and armed.started is not None:
            masked = replace(armed, started=replace(armed.started, words=mask_words(armed.started.words)))
            if masked != armed:
                write_whole(log, encode(masked) + "\n" + rest.decode("utf-8", "backslashreplace"))


def _where(report: Report, place: Place | None) -> str:
    return "" if place is None else shown_place(place, report.root)


@contextmanager
def checking(asked: Asked, *, record: bool) -> Iterator[Checked]:
    """A check that is under way within.

    Args:
        asked: what is run.
        record: keep a record of it.
    """
    if record:
        with Recording(asked) as recording:
            yield Checked(asked, recording.folder, recording)
    else:
        with tempfile.TemporaryDirectory(prefix="wellfit-", ignore_cleanup_errors=True) as folder:
            yield Checked(asked, Path(folder).resolve(), None)
