"""What is known of each trial so far."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from torch import Tensor

from wellfit.fuse.built import Group, Trial
from wellfit.fuse.probe import Decision
from wellfit.fuse.result import FusedResult, Point
from wellfit.fuse.runners import Runner


@dataclass
class _Course:
    """One trial's course."""

    trial: Trial
    decision: Decision | None = None
    losses: list[float] = field(default_factory=list)
    curve: list[Point] = field(default_factory=list)
    failed_at: int | None = None
    pruned_at: int | None = None
    state: Mapping[str, Tensor] | None = None
    test: Mapping[str, float] = field(default_factory=dict)


class Progress:
    """Courses of all trials.

    Args:
        trials: all of them, by index.
        states: whether parameters are kept where a trial ends.
    """

    def __init__(self, trials: Sequence[Trial], *, states: bool) -> None:
        self._courses = {trial.index: _Course(trial) for trial in trials}
        self._states, self._step = states, 0
        self._latest: dict[int, Point] = {}

    def decided(self, group: Group, decision: Decision) -> None:
        """Note how trials are trained."""
        for trial in group.trials:
            self._courses[trial.index].decision = decision

    def trained(self, runner: Runner, losses: Sequence[Sequence[float]]) -> None:
        """Note losses since the last report."""
        for trial, new in zip(runner.trials, losses, strict=True):
            course = self._courses[trial.index]
            course.losses += new
            if not math.isfinite(new[-1]):
                course.failed_at = len(course.losses) - 1
            course.curve.append(Point(len(course.losses), math.fsum(new) / len(new) if _finite(new) else new[-1]))
            self._latest[trial.index] = course.curve[-1]

    def measured(self, runner: Runner, found: Sequence[Mapping[str, float]]) -> None:
        """Note what the validation data gave."""
        for trial, values in zip(runner.trials, found, strict=True):
            curve = self._courses[trial.index].curve
            metrics = {name: value for name, value in values.items() if name}
            curve[-1] = replace(curve[-1], validation_loss=values[""], metrics=metrics)
            self._latest[trial.index] = curve[-1]

    def tested(self, runner: Runner, found: Sequence[Mapping[str, float]]) -> None:
        """Note what the test data gave."""
        for trial, values in zip(runner.trials, found, strict=True):
            self._courses[trial.index].test = {name or "loss": value for name, value in values.items()}

    def latest(self) -> dict[int, Point]:
        """Reports since the last call, by index; of a trial that failed, its last one."""
        latest, self._latest = self._latest, {}
        return dict(sorted(latest.items()))

    def pruned(self, runners: Sequence[Runner], indices: Collection[int]) -> list[Runner]:
        """Let go of trials that are pruned or have failed.

        Returns:
            The runners that have trials left.
        """
        for runner in runners:
            kept = []
            for place, trial in enumerate(runner.trials):
                course = self._courses[trial.index]
                if trial.index in indices and course.failed_at is None:
                    course.pruned_at = len(course.losses)
                if course.failed_at is None and course.pruned_at is None:
                    kept.append(place)
                elif self._states:
                    course.state = runner.state(place)
            if len(kept) < len(runner.trials):
                runner.keep(kept)
        return [runner for runner in runners if runner.trials]

    def results(self, runners: Sequence[Runner]) -> list[FusedResult]:
        """What came of all trials.

        Args:
            runners: those that have trials left.
        """
        if self._states:
            for runner in runners:
                for place, trial in enumerate(runner.trials):
                    self._courses[trial.index].state = runner.state(place)
        return [_result(course) for course in self._courses.values()]


def _finite(losses: Sequence[float]) -> bool:
    return all(math.isfinite(loss) for loss in losses)


def _result(course: _Course) -> FusedResult:
    trial, decision = course.trial, course.decision
    assert decision is not None  # noqa: S101  # every trial is in a group, and every group is decided on
    return FusedResult(
        index=trial.index,
        setting=trial.setting,
        seed=trial.seed,
        curve=tuple(course.curve),
        losses=tuple(course.losses),
        fused=decision.fused,
        reason=decision.reason,
        failed_at=course.failed_at,
        pruned_at=course.pruned_at,
        state=course.state,
        test=course.test,
    )
