"""The trial runs behind a batch size: climb many sizes in one run, try one size in a fresh one."""

import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from wellfit.find.batch_script.scout import Scouted
from wellfit.find.batch_size.noise_scale import GradientNorms
from wellfit.find.batch_size.probe import OUT_OF_MEMORY, Probe
from wellfit.model.cure import Cure
from wellfit.model.events.batch import GradientsCompared, MemoryPeaked, SizeClimbed
from wellfit.model.events.fit import FitScored
from wellfit.model.events.run import Counted
from wellfit.prove.stage import Stage
from wellfit.prove.trial import TrialRun

TRIED_STEPS = 3
"""Optimizer steps of a try: from the second on the optimizer has its state, and a third one shows what stays."""

GROUPED = 8
"""Batches of a mean gradient: eight times as large as a single one."""

BETWEEN = 2
"""Optimizer steps that are trained between one mean gradient and the next: thirty of them, where all groups are had."""

MOST_GROUPS = 16
ENDLESS = 1_000_000_000


class OutOfTimeError(Exception):
    """The budget is used up."""


@dataclass(frozen=True, slots=True)
class Climbed:
    """What one run over many sizes showed.

    Args:
        sizes: that were timed, by rising size.
        norms: of gradients of the script's own batches, and of means of several.
        refusal: why gradients could not be compared; None where they could.
    """

    sizes: tuple[SizeClimbed, ...]
    norms: tuple[GradientNorms, ...]
    refusal: str | None

    @property
    def steps(self) -> int:
        """Optimizer steps that were trained from the first comparison to the last."""
        return BETWEEN * max(0, len(self.norms) - 1)


@dataclass
class ScriptRuns:
    """The runs of one search.

    Args:
        stage: where the script runs.
        scouted: what is known of it.
        limit_bytes: of memory; None where it is not known.
        deadline: of `time.monotonic`, beyond which no run begins.
        tell: of each run that has ended, how many there were.
    """

    stage: Stage
    scouted: Scouted
    limit_bytes: int | None
    deadline: float
    tell: Callable[[int], None]
    runs: int = 1
    evaluated: bool = False
    tried: list[Probe] = field(default_factory=list)

    def climb(self, sizes: tuple[int, ...], *, seconds: float, groups: int) -> Climbed:
        """Time ever larger batches in one run; before that, train and compare gradients along the way.

        Args:
            sizes: rising.
            seconds: for timing all of them.
            groups: mean gradients.
        """
        loader = self.scouted.loader
        begin = groups * (GROUPED + BETWEEN)
        compared = {"begin": 0, "groups": groups, "batches": GROUPED, "between": BETWEEN}
        compare = Cure("compare_gradients", None, compared)
        climb = self._cure("climb_sizes", size=loader.batch_size, sizes=list(sizes), begin=begin, seconds=seconds)
        run = self._run((compare, climb, self._limit()), steps=ENDLESS, limit_s=self._left())
        small = loader.batch_size * loader.accumulate
        told = run.log.of(GradientsCompared)
        norms = (GradientNorms(small, small * c.batches, c.single, c.together) for c in told)
        refusal = run.refusals[0] if run.refusals else run.failure
        return Climbed(_fastest(run.log.of(SizeClimbed)), tuple(norms), refusal)

    def try_size(self, size: int) -> Probe:
        """Train a few steps with batches of the largest samples, in a fresh process."""
        return self._try(size, beyond=0)

    def verify(self, size: int) -> Probe:
        """The same, to the end of an epoch and through the script's own evaluation there."""
        return self._try(size, beyond=1)

    def _try(self, size: int, *, beyond: int) -> Probe:
        batches = TRIED_STEPS * self.scouted.loader.accumulate
        rows = list(self.scouted.longest_rows[:size])
        plan = self._cure("plan_batches", size=size, batches=batches, rows=rows, evaluate=TRIED_STEPS)
        run = self._run((plan, self._limit()), steps=TRIED_STEPS, limit_s=self._left(), beyond=beyond)
        if run.exit_code is None:
            raise OutOfTimeError
        self.evaluated = bool(beyond) and _evaluated(run)
        self.tried.append(_probe(size, run))
        return self.tried[-1]

    def _run(self, cures: tuple[Cure, ...], *, steps: int, limit_s: float, beyond: int = 0) -> TrialRun:
        run = self.stage.run(
            cures, seed=0, train_steps=steps, score_steps=beyond, limit_s=limit_s, listens=("FitScored",), whole=False
        )
        self.runs += 1
        self.tell(self.runs)
        return run

    def _left(self) -> float:
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise OutOfTimeError
        return left

    def _limit(self) -> Cure:
        return Cure("limit_memory", None, {**self._limits()})

    def _cure(self, name: str, **options: Any) -> Cure:
        limits = self._limits() if name == "climb_sizes" else {}
        return Cure(name, None, {"loader": self.scouted.number, **options, **limits})

    def _limits(self) -> dict[str, Any]:
        return {"bytes": self.limit_bytes, "device": self.scouted.loader.device}


def _fastest(climbed: Sequence[SizeClimbed]) -> tuple[SizeClimbed, ...]:
    """Each size once, as fast as it was at best, with the memory of the way up."""
    best: dict[int, SizeClimbed] = {}
    for one in climbed:
        first = best.setdefault(one.size, one)
        best[one.size] = replace(first, seconds=min(first.seconds, one.seconds))
    return tuple(best[size] for size in sorted(best))


def _probe(size: int, run: TrialRun) -> Probe:
    peaked = run.log.last(MemoryPeaked)
    peak = (peaked.peak_bytes if peaked else None) or 0
    if run.failure is None:
        return Probe(size, peak)
    exhausted = (
        peaked.exhausted if peaked else run.exit_code == -signal.SIGKILL
    )  # as the system ends what takes too much
    return Probe(size, peak, OUT_OF_MEMORY if exhausted else run.failure)


def _evaluated(run: TrialRun) -> bool:
    """Whether the script evaluated: it called its model in evaluation mode beside the one call that is ours."""
    counted = run.log.last(Counted)
    return bool(run.log.of(FitScored)) or (counted is not None and counted.evaluation_forwards > 1)
