"""One trial run: what it needs, and what its log says."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wellfit.digest.read import read_log
from wellfit.model.events.fit import FitScored
from wellfit.model.events.trial import Intervened, Scored, TrialEnded, TrialStepped, WriteRefused
from wellfit.model.log import EventLog
from wellfit.model.place import Place
from wellfit.model.score import Score, Task
from wellfit.script.trials import TrialEnd


@dataclass(frozen=True, slots=True)
class Key:
    """Answers that two runs can share.

    Args:
        place: the line that holds them against targets, or that asks the model in an evaluation of the script's own.
        task: what is predicted.
        evaluated_at: optimizer steps before that evaluation; None for training batches under weights held still.
    """

    place: Place | None
    task: Task
    evaluated_at: int | None = None


LATE = 0.5
"""Share of the training steps before an evaluation that speaks for where the run arrived."""

MOST_TRAINED = 0.05
"""Share of an evaluation's samples that may have been trained on: beyond, it is no held-back part."""

MOST_PRINTED = 1 << 20
"""Bytes of the script's own output that are kept."""

EARLY = "it ended after"
"""How the failure of a run begins that ended by itself before all of its steps."""

LONGEST_WORDS = 200
"""Characters of the script's own last words that a reason may quote."""


@dataclass(frozen=True, slots=True)
class TrialRun:
    """What one run came to.

    Args:
        failure: why it says nothing, in words; None where it does.
        scores: by line and task.
        other_way: the same answers with the cure of an evaluation bug.
        course: proper loss of the training batches by step.
        losses: the script's own loss by step, as it was computed.
        ended: where it began and arrived.
        applied: how often each cure changed something, in their order.
        refusals: of the cures, each None where it could be applied.
        changes_loss: some cure gives the script's own loss another scale.
        log: everything that was written down.
        output: what the script printed, up to its first megabyte.
        exit_code: of its process; None where it was stopped.
    """

    failure: str | None
    elapsed_s: float
    scores: Mapping[Key, Score] = field(default_factory=dict)
    other_way: Mapping[Key, Score] = field(default_factory=dict)
    course: Mapping[int, float] = field(default_factory=dict)
    losses: tuple[float | None, ...] = ()
    ended: TrialEnded | None = None
    applied: tuple[int, ...] = ()
    refusals: tuple[str | None, ...] = ()
    changes_loss: bool = False
    log: EventLog = field(default_factory=lambda: EventLog(()))
    output: str = ""
    exit_code: int | None = 0


def read_trial(end: TrialEnd, logs: Sequence[Path], output: Path, *, train_steps: int, whole: bool = True) -> TrialRun:
    """Read what a run left behind; of several processes that trained, the first.

    Args:
        end: how it ended.
        logs: that it wrote.
        output: what it printed.
        train_steps: optimizer steps that were to train.
        whole: whether a run says nothing that ended by itself before all of them.
    """
    read = [read_log(path) for path in logs]
    log = _log_of_training(read)
    ended = log.last(TrialEnded)
    changes = log.of(Intervened)
    if not whole and ended is not None and ended.trained:
        train_steps = ended.trained
    return TrialRun(
        failure=_failure(end, log, output, train_steps),
        elapsed_s=end.elapsed_s,
        scores={**_pooled((s.place, s.score) for s in log.of(Scored)), **_evaluated(log, train_steps)},
        other_way=_pooled((s.place, s.other_way) for s in log.of(Scored) if s.other_way is not None),
        course={s.step: s.proper for s in log.of(TrialStepped) if s.proper is not None},
        losses=tuple(s.loss for s in log.of(TrialStepped)),
        ended=ended,
        applied=tuple(change.times for change in changes),
        refusals=tuple(change.refusal for change in changes),
        changes_loss=any(change.changes_loss for change in changes),
        log=log,
        output=_printed(output),
        exit_code=end.exit_code,
    )


def _log_of_training(logs: Sequence[EventLog]) -> EventLog:
    """The first that trained; a launcher, which has a log too, trains nothing."""
    ended = [(log, last) for log in logs if (last := log.last(TrialEnded)) is not None]
    trained = [log for log, last in ended if last.trained]
    return next(iter([*trained, *(log for log, _ in ended)]), EventLog(()))


def _printed(output: Path) -> str:
    if not output.is_file():  # killed before it could say anything
        return ""
    with output.open("rb") as file:
        return file.read(MOST_PRINTED).decode("utf-8", "replace")


def _pooled(scored: Iterable[tuple[Place | None, Score]]) -> dict[Key, Score]:
    pools: dict[Key, Score] = {}
    for place, score in scored:
        key = Key(place, score.task)
        pools[key] = pools[key] + score if key in pools else score
    return pools


def _evaluated(log: EventLog, train_steps: int) -> dict[Key, Score]:
    """The script's own latest evaluation, on rows that it does not train on."""
    late = [scored for scored in held_back(log) if scored.step >= LATE * train_steps]
    return {Key(s.place, s.validation.task, s.step): s.validation for s in late[-1:]}


def held_back(log: EventLog) -> list[FitScored]:
    """Evaluations of the script's own on rows that it does not train on."""
    return [scored for scored in log.of(FitScored) if scored.trained <= MOST_TRAINED * max(1, scored.hashed)]


def _failure(end: TrialEnd, log: EventLog, output: Path, train_steps: int) -> str | None:
    refused = log.of(WriteRefused)
    ended = log.last(TrialEnded)
    if end.exit_code is None:
        return f"it was stopped after {end.elapsed_s:.0f} s"
    if end.exit_code and refused:
        return f"it changes {refused[0].path}, which lies outside the copy that it runs in"
    if end.exit_code:
        return _last_words(output, end.exit_code)
    if ended is None:
        return "nothing was trained"
    if ended.trained < train_steps:
        return f"{EARLY} {ended.trained} of {train_steps} steps"
    return None


def _last_words(output: Path, exit_code: int) -> str:
    """The script's own last line, as a traceback ends with what went wrong."""
    lines = [line.strip() for line in output.read_text("utf-8", "replace").splitlines() if line.strip()]
    words = lines[-1][:LONGEST_WORDS] if lines else ""
    if words.startswith("EOFError"):
        return "it asks for input"
    how = f"signal {-exit_code}" if exit_code < 0 else f"exit code {exit_code}"
    return f"it failed with {how}" + (f": {words}" if words else "")
