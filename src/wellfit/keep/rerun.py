"""Has a recorded run again: its code in a folder of its own, its command, its seeds; and says whether it came back."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from wellfit.digest.recorded import Recorded
from wellfit.errors import UsageError
from wellfit.keep.bisection.cause import Cause
from wellfit.keep.bisection.narrow import Before, bisect
from wellfit.keep.bisection.trials import Trials
from wellfit.keep.curves import told_in
from wellfit.keep.first_difference import FirstDifference, common_weights, first_difference
from wellfit.keep.restored import home_of, restored
from wellfit.keep.run import RunKept, record_run
from wellfit.model.events.record import MetricSeen
from wellfit.runs.home import find_home
from wellfit.runs.secrets import is_masked
from wellfit.runs.store import KeptRun


@dataclass(frozen=True, slots=True)
class Rerun:
    """A run that was had again.

    Args:
        kept: how it went this time.
        difference: what differed first; None where everything that both told is equal to the last bit, or nobody asked.
        compared: what was held against each other, in words.
        notes: what could not be brought back.
        cause: why it differs, as far as short runs showed; None where it does not, or where they were of no use.
    """

    kept: RunKept
    difference: FirstDifference | None
    compared: str
    notes: tuple[str, ...]
    cause: Cause | None = None


def is_from_elsewhere(run: KeptRun) -> bool:
    """Whether a record comes from another machine or folder: a stranger may have written its command.

    A stranger who knows both the name of this machine and the folder of the working tree can make a record that passes
    for one of ours.
    """
    if run.is_copy:
        return True
    record = run.record
    host = record.machine.host if record.machine else ""
    root = Path(record.git.root if record.git else record.folder)
    return host != socket.gethostname() or find_home(root.resolve()).resolve() != home_of(run).resolve()


def refuse(run: KeptRun) -> str | None:
    """Why a run cannot be had again, in a sentence; None where it can."""
    record = run.record
    if record.git is None and record.sources is None:
        return f"the code of {record.id} was not recorded: it lay in no git repository, and no script was found"
    if record.git is not None and not record.git.patches_kept:
        return f"the changes of {record.id} beyond its commit were too large to be kept"
    if is_masked(record):
        return f"the command of {record.id} holds a secret, which was not recorded: run it by hand"
    folder = Path(record.folder)
    if not folder.is_absolute() or ".." in folder.parts:
        return f"{record.id} ran in {record.folder}, which is no absolute folder"
    if record.git is not None and not folder.is_relative_to(record.git.root):
        return f"{record.id} ran in {record.folder}, outside of its repository"
    return None


def have_again(
    run: KeptRun,
    *,
    links: tuple[str, ...] = (),
    check: bool = False,
    tell: Callable[[str], None] = lambda _name: None,
) -> Rerun:
    """Run it again, and record that.

    Args:
        run: as it was recorded.
        links: paths below the working tree, such as data that git ignores, that the run finds through a link.
        check: compare what comes back with what was recorded; where it differs, find out why by short runs.
        tell: told of each short run before it starts.

    Raises:
        UsageError: it cannot be had again.
    """
    if (reason := refuse(run)) is not None:
        raise UsageError(reason)
    with restored(run, links) as (asked, _, notes):
        kept = record_run(asked)
    if not check:
        return Rerun(kept, None, "", notes)
    one, other = told_in(run.folder), told_in(kept.folder) if kept.folder else None
    if one is None or other is None:
        lacking = run.record.id if one is None else kept.record.id
        nothing = FirstDifference("nothing told", f"{lacking} told nothing that could be compared")
        return Rerun(kept, nothing, "nothing", notes)
    if one.unread:
        notes = (*notes, f"{run.record.id}: {one.unread}, nor compared")
    difference = first_difference(one, other)
    if difference is None or run.record.exit_code or kept.record.exit_code:
        return Rerun(kept, difference, _compared(one, other), notes)
    trials = Trials(run, links, kept.outcome.elapsed_s, tell)
    cause = bisect(trials, Before(run.record, kept.record, one, other, difference))
    return Rerun(kept, difference, _compared(one, other), notes, cause)


def _compared(one: Recorded, other: Recorded) -> str:
    """In words; of many values a few a second were written, and not the same ones."""
    both = {name: (points, other.curves[name]) for name, points in one.curves.items() if name in other.curves}
    timed = sum(points[0].source == "timed" for points, _ in both.values())
    values = sum(
        len(set(map(_place, mine)) & set(map(_place, its))) for mine, its in both.values() if mine[0].source != "timed"
    )
    clocks = f"; {timed} metrics are made from the clock" if timed else ""
    metrics = f"{len(one.batches)} first batches, {values:,} values of {len(both) - timed} metrics"
    return f"{metrics}{_weights_compared(one, other)}{clocks}"


def _place(point: MetricSeen) -> int:
    """By what a value of the one is found in the other."""
    return point.step if point.source == "evaluation" else point.index


def _weights_compared(one: Recorded, other: Recorded) -> str:
    common = [mine for mine, _ in common_weights(one, other)]
    steps = len({seen.step for seen in common if seen.at != "end"})
    ends = [seen for seen in common if seen.at == "end"]
    on_the_way = f", the weights at {steps:,} steps" if steps else ""
    if not ends:
        return on_the_way
    share = min(seen.share for seen in ends)
    return f"{on_the_way} and the final weights{f' ({share:.0%} of them)' if share < 1 else ''}"
