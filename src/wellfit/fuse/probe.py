"""Whether trials are quicker at once or one after another: a few steps of both, measured, and their losses compared."""

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

import torch

from wellfit.errors import UsageError
from wellfit.fuse.alone import Training
from wellfit.fuse.anatomy import Anatomy
from wellfit.fuse.built import Group, Trial
from wellfit.fuse.feed import Feed
from wellfit.fuse.room import fitting
from wellfit.fuse.stack import Refused
from wellfit.fuse.task import FusedTask
from wellfit.fuse.together import Together

STEPS = 8
"""Steps of each kind; the first is not timed, and of the others the median counts."""

FOLLOWED = 2
"""Trials that are followed through all steps: those of the lowest rates, as high ones blow rounding up."""

AGREED = 1e-3
"""Share by which losses may differ after so few steps; rounding leaves 1e-6."""

LONGEST_REASON = 200
"""Letters of an exception that are told."""


@dataclass(frozen=True)
class Decision:
    """How to train a group.

    Attributes:
        fused: whether at once.
        reason: what was measured, in a sentence without a full stop.
        most: trials that fit at once.
        refused: whether trials cannot be stacked at all.
    """

    fused: bool
    reason: str
    most: int
    refused: bool = False


def decide(task: FusedTask, group: Group, anatomy: Anatomy, *, most: int | None, asked: bool) -> Decision:
    """Measure both ways, on copies.

    Args:
        task: the training.
        group: trials of one structure.
        anatomy: of one of them.
        most: trials at once at most; None leaves it to the memory.
        asked: whether at once is wanted even where it is slower.
    """
    if len(group) == 1 and not asked:
        return Decision(fused=False, reason="one trial of its structure", most=1)
    count = min(most or len(group), fitting(group, anatomy), len(group))
    part = group.of(range(count))
    try:
        measured = _Race(task, part, anatomy).run()
    except UsageError:
        raise
    except Refused as reason:
        return Decision(fused=False, reason=str(reason), most=1, refused=True)
    except Exception as error:  # noqa: BLE001  # the user's forward under vmap: it becomes why trials go in turn
        return Decision(fused=False, reason=f"trials cannot be stacked: {first_line(error)}", most=1, refused=True)
    return decided_by(measured, count, asked=asked)


def decided_by(measured: tuple[float, float], count: int, *, asked: bool) -> Decision:
    """What times say.

    Args:
        measured: milliseconds of one step of all at once, and of one trial alone.
        count: trials at once.
        asked: whether at once is wanted even where it is slower.
    """
    at_once, alone = measured
    in_turn = alone * count
    times = f"{count} at once took {at_once:.1f} ms a step, {count} one after another {in_turn:.1f}"
    if asked or at_once < in_turn:
        return Decision(fused=True, reason=times, most=count)
    return Decision(fused=False, reason=f"one trial keeps the device busy: {times}", most=1)


def clock_of(device: torch.device) -> Callable[[], float]:
    """The clock that steps are timed by, in seconds: where one thread does all the work, it is that thread's CPU time.

    So few steps on a machine that has other work to do are timed wrongly by the time of day: a step that had to wait
    for a processor counts several times.
    """
    return time.thread_time if device.type == "cpu" and torch.get_num_threads() == 1 else time.perf_counter


def first_line(error: Exception) -> str:
    """What an exception says first."""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0] if said else 'it says no more'}"[:LONGEST_REASON]


class _Race:
    """Steps in turns, so that both ways meet the machine's good and bad moments."""

    def __init__(self, task: FusedTask, group: Group, anatomy: Anatomy) -> None:
        self._task, self._group, self._anatomy = task, group, anatomy
        self._together = Together(task, group, anatomy)
        by_rate = sorted(range(len(group)), key=lambda i: group.trials[i].step.numbers["lr"])
        self._places = by_rate[:FOLLOWED]
        trials = [_copied(group.trials[i]) for i in self._places]
        self._alone = [(Training(task, trial), Feed(task, [trial.seed])) for trial in trials]

    def run(self) -> tuple[float, float]:
        """Milliseconds of one step of all at once, and of one trial alone.

        Raises:
            Refused: losses differ.
        """
        self._compare_all()
        at_once: list[float] = []
        alone: list[float] = []
        for step in range(min(STEPS, self._task.steps)):
            took, losses = self._timed(self._together.step)
            at_once.append(took)
            for place, (training, feed) in zip(self._places, self._alone, strict=True):
                took, loss = self._timed(lambda t=training, f=feed: t.step(f.next()))  # type: ignore[misc]
                alone.append(took)
                self._compare(float(losses[place]), float(loss), self._group.trials[place].index, step)
        return median(at_once[1:] or at_once), median(alone[len(self._places) :] or alone)

    def _compare_all(self) -> None:
        """The first loss of each trial: what was taken for one structure may do different things."""
        together = Together(self._task, self._group, self._anatomy)
        losses = together.step().tolist()
        firsts = {s: Feed(self._task, [s]).next() for s in {t.seed for t in self._group.trials}}
        for loss, trial in zip(losses, self._group.trials, strict=True):
            self._compare(loss, Training(self._task, _copied(trial)).loss(firsts[trial.seed]), trial.index, 0)

    def _timed(self, run: Callable[[], Any]) -> tuple[float, Any]:
        device = torch.device(self._task.device)
        clock = clock_of(device)
        began = clock()
        made = run()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        return 1e3 * (clock() - began), made

    def _compare(self, fused: float, alone: float, index: int, step: int) -> None:
        if math.isfinite(alone) and not abs(fused - alone) <= AGREED * max(abs(alone), 1e-6):
            raise Refused(f"the loss of trial {index} at step {step} is {fused:.6g} stacked and {alone:.6g} alone")


def _copied(trial: Trial) -> Trial:
    return replace(trial, model=copy.deepcopy(trial.model))
