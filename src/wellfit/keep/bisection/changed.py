"""Short runs come out equal now, and are not what was recorded: what has changed since."""

from datetime import datetime, timezone

from wellfit.digest.recorded import Recorded
from wellfit.keep.bisection.cause import Cause
from wellfit.keep.bisection.trace import Traced
from wellfit.keep.bisection.trials import Held, Trials
from wellfit.keep.first_difference import FirstDifference, early_difference
from wellfit.model.comparison import Difference
from wellfit.model.events.retrace import FileRead
from wellfit.model.record import RunRecord
from wellfit.runs.compare import compare

MOST_NAMED = 6
"""Differences that one sentence names."""


def explain_change(
    trials: Trials,
    record: RunRecord,
    again: RunRecord,
    told: tuple[Recorded, Traced],
    difference: FirstDifference,
) -> Cause:
    """Why a run that repeats itself is not the recorded one.

    Args:
        trials: makes short runs.
        record: of the run as it was.
        again: of the run as it came back.
        told: what the run told, and a short one of now.
        difference: of the run as it was and as it came back.
    """
    then, now = told
    early = None if now.told is None else early_difference(then, now.told)
    if early is None:
        return _later(now, difference)
    files = [file for file in now.files if file.changed_s > _started_s(record)]
    surroundings = list(compare(record, again).environment)
    threads = next((found for found in surroundings if found.what == "threads"), None)
    if threads is not None:
        cause = _by_threads(trials, then, threads)
        if cause is not None:
            return cause
    if files and early.what in {"data", "data order", "training"}:
        return _by_files(files)
    return _by_environment(surroundings, files)


def _started_s(record: RunRecord) -> float:
    return datetime.fromisoformat(record.started).timestamp()


def _later(now: Traced, difference: FirstDifference) -> Cause:
    when = "" if difference.step is None else f", at step {difference.step:,}"
    came_back = f"the first {now.steps} steps came back in two short runs"
    return Cause("later", f"{came_back}: what differs comes later{when}, or only now and then")


def _by_threads(trials: Trials, then: Recorded, threads: Difference) -> Cause | None:
    if threads.first is None or threads.second is None:
        return None
    held = trials.make(f"with {threads.first} threads, as recorded", Held(threads=int(threads.first)))
    if held.failure or held.told is None or early_difference(then, held.told) is not None:
        return None
    return Cause(
        "threads",
        f"torch used {threads.first} threads when this was recorded and uses {threads.second} now, which"
        f" add in another order; with {threads.first}, a short run is what was recorded",
        f"OMP_NUM_THREADS={threads.first} in the environment, or torch.set_num_threads({threads.first}) in the script",
        confirmed=True,
    )


def _by_files(files: list[FileRead]) -> Cause:
    named = ", ".join(f"{file.path} on {_shown(file.changed_s)}" for file in files[:MOST_NAMED])
    more = f" and {len(files) - MOST_NAMED} more" if len(files) > MOST_NAMED else ""
    return Cause(
        "a file",
        f"short runs of now are equal to each other, and the script reads what has changed since the run began: {named}"
        f"{more}",
        "bring back what the files held, or keep data under names that change with their content",
    )


def _by_environment(surroundings: list[Difference], files: list[FileRead]) -> Cause:
    suspects = [f"{found.what} ({found.first} then, {found.second} now)" for found in surroundings]
    suspects += [f"{file.path} (changed on {_shown(file.changed_s)})" for file in files]
    if not suspects:
        return Cause(
            "unknown",
            "short runs of now are equal to each other, and nothing that was recorded of machine, packages and files"
            " tells them from the run",
        )
    named = ", ".join(suspects[:MOST_NAMED])
    more = f" and {len(suspects) - MOST_NAMED} more" if len(suspects) > MOST_NAMED else ""
    return Cause(
        "environment",
        f"short runs of now are equal to each other, and what differs from then is {named}{more}",
        "run it where these are as they were",
    )


def _shown(unix_s: float) -> str:
    return datetime.fromtimestamp(unix_s, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")
