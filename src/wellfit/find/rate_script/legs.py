"""A script's training as a search runs it: each leg is a trial run, which leaves no trace."""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from wellfit.errors import FinderError
from wellfit.find.rate_script.scout import Scouted
from wellfit.model.cure import Cure
from wellfit.model.events.rates import LoaderTrained
from wellfit.model.score import Score, pooled
from wellfit.prove.stage import Stage
from wellfit.prove.trial import EARLY, TrialRun, held_back

MOST_ROWS = 2048
"""Rows that a leg is judged on, at the most."""

FOLDS = 5
"""Sets of rows that can be held back in turn, each a fifth of them at most."""

MOST_BATCHES = 16
"""Batches of them: each takes about as long as one that trains."""

MOST_AWAITED = 200
"""Steps in an epoch behind which an evaluation of the script's own is waited for."""

STILL = 8
"""Steps at a rate of 0 before the first evaluation: the observer learns in them how answers are scored."""

SLOWEST = 4.0
"""A leg that takes so many times what its steps took before is killed."""

GRACE_S = 60.0
"""What is added to that."""


LEAST_SCALE = 4
"""Power of two above which a loss is taken for a scaled one."""

ROUNDED = 0.02
"""By which such a power may be off: half precision rounds."""


class OutOfTimeError(Exception):
    """The budget is used up."""


class ScriptEndedError(Exception):
    """The script ended by itself within a leg.

    Args:
        steps: of all optimizers, that it had made.
    """

    def __init__(self, steps: int) -> None:
        super().__init__(steps)
        self.steps = steps


@dataclass(frozen=True, slots=True)
class Largest:
    """The highest rate of the main optimizer."""

    largest: float


@dataclass
class ScriptLegs:
    """The legs of one search on a script.

    Args:
        stage: where it runs.
        scouted: what is known of it.
        deadline: of `time.monotonic`, beyond which no leg begins.
        tell: of each run that has ended, how many there were.
        steps: of the main optimizer, that trained.
        runs: of the script.
        held: the loader that trains, once rows were to be held back from it.
        evaluates_every: steps of all optimizers from one evaluation of the script's own to the next; 0 where none was
            seen.
        evaluated_rows: of the script's own evaluation, which is judged on where no rows can be held back; 0 elsewhere.
    """

    stage: Stage
    scouted: Scouted
    deadline: float
    tell: Callable[[int], None]
    steps: int = 0
    runs: int = 1
    held: LoaderTrained | None = None
    evaluated_rows: int = 0
    evaluates_every: int = 0
    _judged: float = math.inf
    _longest_s: float = 0.0
    _asked: bool = False

    @property
    def rates(self) -> Largest:
        """The script's own."""
        return Largest(max(self.scouted.optimizers[0].peaks))

    @property
    def judged_rows(self) -> int:
        """Rows that legs are judged on."""
        return self.held.held_back if self.held else 0

    @property
    def folds(self) -> int:
        """Sets of rows that can be held back in turn; 1 where none is."""
        return FOLDS if self.judged_rows else 1

    @property
    def rows(self) -> int:
        """Rows that legs are judged on; 0 where they are the batches that follow."""
        return self.evaluated_rows or self.judged_rows

    def run(self, count: int, multiplier_at: Callable[[int], float], repeat: int = 0) -> Iterator[float]:
        """One leg, or a sweep where the multiplier rises from step to step: its losses, up to one that is not finite.

        Args:
            count: steps of the main optimizer.
            multiplier_at: of all rates, by the step.
            repeat: >= 0; each has other seeds, and other rows held back.
        """
        multipliers = [multiplier_at(step) for step in range(count)]
        is_sweep = len(set(multipliers)) > 1
        rates = self._rates(multipliers, forced=is_sweep)
        run = self._trial(count, [rates], scored=not is_sweep, repeat=repeat)
        losses = _by_step(run, count)
        if run.failure is not None and not losses:
            raise FinderError(f"a short run of the script failed: {run.failure}", script_failed=True)
        if not losses:
            raise FinderError("the loss cannot be read: no backward pass began at a tensor of one number")
        self.steps += len(losses)
        is_whole = len(losses) == count and math.isfinite(losses[-1])
        self._judged = self._held_out(run, count) if is_whole and not is_sweep else math.inf
        for loss in losses:
            yield loss
            if not math.isfinite(loss):
                return

    def judged(self) -> float:
        """The mean held-out loss of the latest leg."""
        return self._judged

    def first_loss(self) -> float:
        """What the held-out rows lose before any training."""
        still = STILL if self._may_evaluate() else 0
        run = self._trial(still, [self._rates([0.0] * still, forced=False)] if still else [], scored=True)
        if run.failure is not None and not run.scores:
            raise FinderError(f"a short run of the script failed: {run.failure}", script_failed=True)
        evaluated = _evaluated(run, round(still * self.scouted.every)) if still else None
        self.evaluated_rows = evaluated.rows if evaluated is not None else 0
        self._asked = True
        return self._held_out(run, still)

    def _held_out(self, run: TrialRun, count: int) -> float:
        if not self.evaluated_rows:
            return _of_batches(run)
        return _mean(_evaluated(run, round(count * self.scouted.every)))

    def _may_evaluate(self) -> bool:
        """Whether the script's own evaluation may come soon enough behind a leg to be judged on."""
        is_open = not self._asked or self.evaluated_rows > 0
        return is_open and self.scouted.loader is None and 0 < self.evaluates_every < MOST_AWAITED

    def explore(self, count: int) -> None:
        """See whether the script as it is goes on for so many steps, and how often it evaluates itself.

        Args:
            count: of the main optimizer.
        """
        run = self._run(count, [], score_steps=0)
        trained = run.ended.trained if run.ended is not None else 0
        steps = sorted({scored.step for scored in held_back(run.log) if scored.step})
        self.evaluates_every = max((b - a for a, b in pairwise([0, *steps])), default=0)
        self.steps += trained
        if (run.failure or "").startswith(EARLY):
            self.begin_again(max(1, round(trained / self.scouted.every)))

    def begin_again(self, planned: int) -> None:
        """Go on for a run that is only so long.

        Args:
            planned: steps of the main optimizer.
        """
        self.scouted = replace(self.scouted, planned=planned, planned_known=True)

    def _trial(self, count: int, cures: Sequence[Cure], *, scored: bool, repeat: int = 0) -> TrialRun:
        cures = [*cures, *self._always(count, repeat)]
        run = self._run(count, cures, score_steps=self._score_steps() if scored else 0, seed=repeat)
        trained = run.ended.trained if run.ended is not None else 0
        if (run.failure or "").startswith(EARLY) and trained < round(count * self.scouted.every):
            raise ScriptEndedError(trained)
        self.held = run.log.last(LoaderTrained) or self.held
        return run

    def _run(self, count: int, cures: Sequence[Cure], *, score_steps: int, seed: int = 0) -> TrialRun:
        if time.monotonic() > self.deadline:
            raise OutOfTimeError
        run = self.stage.run(
            tuple(cures),
            seed=seed,
            train_steps=round(count * self.scouted.every),
            score_steps=score_steps,
            limit_s=GRACE_S + SLOWEST * max(self._longest_s, self.scouted.elapsed_s),
        )
        self._longest_s = max(self._longest_s, run.elapsed_s)
        self.runs += 1
        self.tell(self.runs)
        return run

    def _rates(self, multipliers: Sequence[float], *, forced: bool) -> Cure:
        """The sweep goes past warmups and decays; a leg has the whole schedule within its steps.

        A course that the program itself sets has no end that could be brought nearer: constant rates stand for it.
        """
        forced = forced or self.scouted.optimizers[0].by_hand
        by_number = sorted(self.scouted.optimizers, key=lambda seen: seen.optimizer)
        numbers = [seen.optimizer for seen in by_number]
        peaks = [list(by_number[numbers.index(n)].peaks) if n in numbers else [] for n in range(max(numbers) + 1)]
        options = {"multipliers": list(multipliers) if forced else [multipliers[0]]}
        return Cure("multiply_rates", None, {**options, "peaks": peaks} if forced else options)

    def _always(self, count: int, fold: int) -> Iterator[Cure]:
        yield Cure("average_statistics")
        loader = self.scouted.loader
        if loader is not None:
            yield Cure("hold_back", None, {"loader": loader.loader, "most": self._most_rows(), "fold": fold})
        if self.scouted.calls and count:
            yield Cure("compress_schedule", None, {"calls": self.scouted.calls, "steps": count})

    def _most_rows(self) -> int:
        size = (self.scouted.loader.batch_size if self.scouted.loader else None) or 1
        return max(size, min(MOST_ROWS, MOST_BATCHES * size) // size * size)

    def _score_steps(self) -> int:
        """Steps of all optimizers in which the held rows go by once."""
        loader = self.scouted.loader
        if self._may_evaluate():  # an epoch may just have begun when the leg ends
            return self.evaluates_every + 1
        if loader is None or loader.batch_size is None or loader.rows is None:
            return MOST_BATCHES
        rows = max(1, min(self._most_rows(), loader.rows // 5))
        batches = math.ceil(rows / loader.batch_size)
        return max(1, math.ceil(batches / max(1.0, loader.batches_a_step))) * round(max(1.0, self.scouted.every))


def _by_step(run: TrialRun, count: int) -> list[float]:
    """One loss for each step of the main optimizer: where several step in turn, the mean of theirs."""
    losses = [loss for loss in run.losses if loss is not None]
    turns = max(1, round(len(losses) / count)) if count else 1
    return [sum(losses[i : i + turns]) / len(losses[i : i + turns]) for i in range(0, len(losses), turns)]


def _evaluated(run: TrialRun, trained: int) -> Score | None:
    """The script's own evaluation, on rows that it does not train on, of the weights that a leg ended with."""
    return next((scored.validation for scored in held_back(run.log) if scored.step >= trained), None)


def _of_batches(run: TrialRun) -> float:
    """The mean of the script's own loss; of the proper loss of its answers, where its own is scaled for the backward.

    Scales change from leg to leg, as they meet overflows.
    """
    own = _mean(pooled([score for key, score in run.scores.items() if key.task == "loss"]))
    others = [score for key, score in run.scores.items() if key.task != "loss" and key.evaluated_at is None]
    proper = _mean(others[0]) if len(others) == 1 else math.inf
    return proper if math.isfinite(proper) and is_scaled(own, proper) else own


def _mean(score: Score | None) -> float:
    return score.loss / score.rows if score is not None and score.rows else math.inf


def is_scaled(own: float, proper: float) -> bool:
    """Whether one loss is the other times a large power of two, as gradient scalers have it.

    Example:
        >>> is_scaled(2.3 * 65536, 2.302), is_scaled(2.3, 2.302), is_scaled(math.inf, 2.3)
        (True, False, True)
    """
    if proper <= 0 or own <= 0:
        return False
    if not math.isfinite(own):  # the scale went beyond what the loss's type can hold
        return True
    power = math.log2(own / proper)
    return power > LEAST_SCALE and abs(power - round(power)) < ROUNDED
