"""What a recorded run told, from the logs in its folder."""

import stat
from pathlib import Path

from wellfit.digest.read import read_log
from wellfit.digest.recorded import Recorded, fold_record
from wellfit.model.events.record import TrainingBegan
from wellfit.model.log import EventLog
from wellfit.model.report import Curve
from wellfit.script.launch import find_logs


def told_in(folder: Path) -> Recorded | None:
    """What the process that keeps the record told; None where there is no log that could be read."""
    main = main_log([log for path in find_logs(folder) if (log := _read(Path(path))) is not None])
    return None if main is None else fold_record(main)


def main_log(logs: list[EventLog]) -> EventLog | None:
    """The log of the process that trained; else the first."""
    return next((log for log in logs if log.last(TrainingBegan)), logs[0] if logs else None)


def _read(path: Path) -> EventLog | None:
    try:
        return read_log(path) if stat.S_ISREG(path.lstat().st_mode) else None  # a pipe would be waited for
    except OSError:
        return None


def curves_in(folder: Path) -> dict[str, Curve]:
    """The metrics of a run over its steps, by name."""
    told = told_in(folder)
    if told is None:
        return {}
    return {
        name: Curve(name, tuple(p.step for p in points), tuple(p.value for p in points))
        for name, points in told.curves.items()
    }
