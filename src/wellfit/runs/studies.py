"""What a listing needs to know of a search: a small file beside where it is kept."""

import contextlib
import json
from dataclasses import dataclass
from pathlib import Path

from wellfit.model.study import StudyPlan
from wellfit.runs.atomic import write_whole

STUDIES = "studies"
FILE = "aim.json"


@dataclass(frozen=True, slots=True)
class Aim:
    """What a search makes better.

    Args:
        metric: its name.
        higher_is_better: its direction.
        take: `last` or `best` of a run's values.
    """

    metric: str
    higher_is_better: bool
    take: str = "last"


def note_aim(home: Path, plan: StudyPlan) -> None:
    """Write it down, where that can be done: without it, a listing shows no best value."""
    text = json.dumps({"metric": plan.metric, "higher_is_better": plan.higher_is_better, "take": plan.take})
    folder = home / STUDIES / plan.name
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(folder / FILE, text)


def aim_of(home: Path, name: str) -> Aim | None:
    """The aim of a search; None where nothing is known of it, as of one on another machine.

    Args:
        home: the `.wellfit`.
        name: of the search, as its runs have it.
    """
    if Path(name).name != name:  # a stranger's record could lead anywhere
        return None
    try:
        known = json.loads((home / STUDIES / name / FILE).read_text(encoding="utf-8"))
        return Aim(str(known["metric"]), bool(known["higher_is_better"]), str(known["take"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
