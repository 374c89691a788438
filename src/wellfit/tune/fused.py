"""Trials of a `FusedTask`: settings asked for in batches, and trained at once where that is quicker."""

import math
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wellfit.declare.space import Space
from wellfit.errors import UsageError
from wellfit.model.knob import Value
from wellfit.model.study import StudyPlan, TrialTold
from wellfit.tune.fresh import Fresh, Wanted, fresh_of
from wellfit.tune.function import reason_of, told_from
from wellfit.tune.held import Setting
from wellfit.tune.inline import INTERRUPTED, LOOK_S, refuse_if_nothing_works
from wellfit.tune.ledger import Ledger
from wellfit.tune.sampling import EXPLORED

if TYPE_CHECKING:
    from wellfit.fuse.result import FusedResult, Point
    from wellfit.fuse.task import FusedTask

REPORTS = 10
"""Of each trial: where it is measured, and may be ended."""

LEAST_BATCH, BATCHES = 8, 4
"""Settings that are asked for at once: all in about so many batches, so that later ones learn of earlier ones."""

OnReport = Callable[[int, Mapping[int, "Point"]], Sequence[int]]


class FusedWay:
    """Many trials at once.

    Args:
        task: the user's.
        space: of its hyperparameters.
        seed: >= 0; of each trial; None draws one.
        metric: `val_loss`, `train_loss`, or one of the task's.
        prune: whether trials are ended that others are ahead of; None for no, since they are short.
    """

    def __init__(self, task: "FusedTask", space: Space, seed: int | None, metric: str, *, prune: bool | None) -> None:
        self._task, self._space, self._metric, self._prune = task, space, metric, bool(prune)
        self._seed = secrets.randbelow(1 << 31) if seed is None else seed
        self._every = max(1, task.steps // REPORTS)
        self._error: Exception | None = None
        self._fused = self._tried = 0
        self._reason = ""

    @property
    def notices(self) -> tuple[str, ...]:
        """How the trials were trained, and why so."""
        return (f"{self._fused} of {self._tried} trials were trained at once: {self._reason}",) if self._tried else ()

    def begin(self, plan: StudyPlan) -> tuple[StudyPlan, TrialTold | None]:
        """The task says how often a trial reports."""
        return replace(plan, points=math.ceil(self._task.steps / self._every), prune=self._prune), None

    def work(self, ledger: Ledger, worker: str, go_on: Callable[[], bool], tell: Callable[[], None]) -> None:
        """Try batches of settings until no slot is open.

        Raises:
            UsageError: a setting is wrong, or nothing but failures came.
        """
        while go_on():
            refuse_if_nothing_works(ledger.ended(), self._error)
            first = not ledger.ended()
            count = 1 + EXPLORED if first else max(LEAST_BATCH, ledger.plan.trials // BATCHES)
            settings = ledger.ask_many(count, worker, "")
            if not settings:
                if ledger.is_over():
                    break
                time.sleep(LOOK_S)
                continue
            try:
                told = self._try(ledger, settings)
            except BaseException:
                ledger.tell_many({s.slot: TrialTold("dead", None, INTERRUPTED) for s in settings})
                raise
            ledger.tell_many(told)
            tell()
        refuse_if_nothing_works(ledger.ended(), self._error)

    def _try(self, ledger: Ledger, settings: Sequence[Setting]) -> Mapping[int, TrialTold]:
        """All at once; one by one where that raises, so that it is known for which."""

        def note(_step: int, points: Mapping[int, "Point"]) -> Sequence[int]:
            values = {settings[place].slot: [self._value(point)] for place, point in points.items()}
            behind = ledger.note_many(values)
            return [place for place in points if settings[place].slot in behind]

        began = time.monotonic()
        results, error = self._trained([setting.values for setting in settings], (self._seed,), note)
        if error is not None and len(settings) > 1:
            return {s.slot: one for s in settings for one in self._try(ledger, [s]).values()}
        seconds = (time.monotonic() - began) / len(settings)
        if error is not None:
            self._error = error
            return {settings[0].slot: told_from((), ledger.plan, reason_of(error), pruned=False, seconds=seconds)}
        self._fused += sum(result.fused for result in results)
        self._tried, self._reason = self._tried + len(results), results[-1].reason
        told = (self._told(result, ledger.plan, seconds) for result in results)
        return {setting.slot: one for setting, one in zip(settings, told, strict=True)}

    def _trained(
        self, values: Sequence[Mapping[str, Value]], seeds: Sequence[int], note: OnReport | None = None
    ) -> "tuple[list[FusedResult], Exception | None]":
        from wellfit.fuse.train import train_fused

        filled = [dict(self._space.filled(one)) for one in values]
        try:
            return train_fused(self._task, filled, seeds=seeds, report_every=self._every, on_report=note), None
        except UsageError:
            raise
        except Exception as raised:  # noqa: BLE001 - the user's model: it becomes why these trials failed
            return [], raised

    def _value(self, point: "Point") -> float:
        return _lasts(point)[self._metric]

    def _told(self, result: "FusedResult", plan: StudyPlan, seconds: float) -> TrialTold:
        values = [self._value(point) for point in result.curve]
        if result.failed_at is not None:
            values.append(math.nan)
        return told_from(values, plan, "", pruned=result.pruned_at is not None, seconds=seconds)

    def run_fresh(self, plan: StudyPlan, wanted: Sequence[Wanted]) -> Iterator[Fresh]:
        """All settings on all seeds at once."""
        settings = list({tuple(sorted(values.items())): values for values, _ in wanted}.values())
        seeds = sorted({self._seed + shift for _, shift in wanted})
        results, error = self._trained(settings, seeds)
        for values, shift in wanted:
            if error is not None:
                yield fresh_of(told_from((), plan, reason_of(error), pruned=False, seconds=0.0), {})
                continue
            result = results[settings.index(values) * len(seeds) + seeds.index(self._seed + shift)]
            yield fresh_of(self._told(result, plan, 0.0), _lasts(result.curve[-1]))


def _lasts(point: "Point") -> dict[str, float]:
    return {"val_loss": point.validation_loss, "train_loss": point.training_loss, **point.metrics}


def is_task(train: Any) -> bool:
    """Whether what is to be tuned is a `FusedTask`; loads nothing."""
    import sys

    module = sys.modules.get("wellfit.fuse.task")
    return module is not None and isinstance(train, module.FusedTask)


def mistakes_of(task: "FusedTask", metric: str) -> Iterator[str]:
    """What a task lacks, in sentences."""
    known = (["val_loss", *task.metrics] if task.validation else []) + ["train_loss"]
    if metric not in known:
        yield f"the task measures no {metric}: it has {', '.join(known)}" + (
            "" if task.validation else ", for it was given no validation batches"
        )
