"""Trials of a `FusedTask`, in rounds that are asked for, trained, pruned and told at once, where that is quicker."""

import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from wellfit.declare.space import Space
from wellfit.errors import UsageError
from wellfit.model.knob import Value
from wellfit.model.study import StudyPlan, TrialTold
from wellfit.tune.in_code.chance import kept
from wellfit.tune.in_code.function import reason_of, told_from
from wellfit.tune.in_code.heard import Heard
from wellfit.tune.in_code.inline import INTERRUPTED, LOOK_S, refuse_if_nothing_works
from wellfit.tune.in_code.task import numbers_of, refuse_unread, report_every, reports, tests_of
from wellfit.tune.outcome.fresh import Fresh, Wanted, fresh_of
from wellfit.tune.samplers.sampling import EXPLORED
from wellfit.tune.study.held import Setting
from wellfit.tune.study.ledger import Ledger

if TYPE_CHECKING:
    from wellfit.fuse.result import FusedResult
    from wellfit.fuse.task import FusedTask
    from wellfit.fuse.train import OnReport

    Outcome = Sequence[FusedResult] | Exception
    """Of one setting: a result for each seed, or what its training raised."""

ROUNDS = 4
"""In so many a search is parted, so that it learns from one for the next: three are a quarter quicker and find settings
that are half a per cent worse, two and one lose more (docs/benchmarks-tuning.md, "A whole search")."""

LEAST, MOST = 8, 64
"""Trials of a round: fewer gain little from being at once; of more, models alone fill the memory before they train."""


def round_size(plan: StudyPlan, *, first: bool) -> int:
    """Trials that are asked for at once; where chance alone chooses them, nothing is learned in between.

    Args:
        plan: of the search.
        first: whether no trial has ended yet.
    """
    if plan.sampler == "random":
        return MOST
    size = min(MOST, max(LEAST, -(-plan.trials // ROUNDS)))
    return max(size, 1 + EXPLORED) if first else size


class FusedWay:
    """Rounds of trials, those of equal shapes at once where that is quicker.

    Args:
        task: what is trained.
        space: of its hyperparameters.
        seed: >= 0; of each trial; None draws one.
        metric: `val_loss`, `train_loss`, or one of the task's.
        prune: whether trials are ended that others are ahead of; None for no, since they are short.
    """

    def __init__(self, task: "FusedTask", space: Space, seed: int | None, metric: str, *, prune: bool | None) -> None:
        self._task, self._space, self._metric, self._prune = task, space, metric, bool(prune)
        self._seed = secrets.randbelow(1 << 31) if seed is None else seed
        self._error: Exception | None = None
        self._at_once: Counter[str] = Counter()  # trials by the reason why they were trained so
        self._in_turn: Counter[str] = Counter()

    @property
    def notices(self) -> tuple[str, ...]:
        """How the trials of this process were trained, and why so; where some went in turn, why these did."""
        fused, tried = self._at_once.total(), self._at_once.total() + self._in_turn.total()
        if not tried:
            return ()
        ((reason, _),) = (self._in_turn or self._at_once).most_common(1)
        return (f"{fused} of {tried} trials were trained at once: {reason}",)

    def begin(self, plan: StudyPlan) -> tuple[StudyPlan, None]:
        """How often a trial reports is known beforehand.

        Raises:
            UsageError: nothing reads what is searched, or its range leaves what a training takes.
        """
        try:
            with kept():
                refuse_unread(self._task, self._space, self._seed)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - the user's task: its trials fail, and say why
            self._error = error
        return replace(plan, points=reports(self._task), prune=self._prune), None

    def work(self, ledger: Ledger, worker: str, go_on: Callable[[], bool], tell: Callable[[], None]) -> None:
        """Try settings until no slot is open.

        Raises:
            UsageError: nothing but failures came, or a setting cannot be trained.
        """
        while go_on():
            refuse_if_nothing_works(ledger.ended(), self._error)
            count = round_size(ledger.plan, first=not ledger.ended())
            settings = ledger.ask_many(count, worker, "")
            if not settings:
                if ledger.is_over():
                    break
                time.sleep(LOOK_S)  # others are at the last ones, which come back where their processes go
                continue
            try:
                told = self._round(ledger, settings)
            except BaseException:
                ledger.tell_many({s.slot: TrialTold("dead", None, INTERRUPTED) for s in settings})
                raise
            ledger.tell_many(told)
            tell()
        refuse_if_nothing_works(ledger.ended(), self._error)

    def _round(self, ledger: Ledger, settings: Sequence[Setting]) -> dict[int, TrialTold]:
        began, heard = time.monotonic(), Heard(ledger, self._metric, report_every(self._task))
        slots = [setting.slot for setting in settings]
        outcomes = self._outcomes([s.values for s in settings], (self._seed,), heard.listening, slots, tested=False)
        self._count(outcomes)
        each = (time.monotonic() - began) / len(settings)
        plan = ledger.plan
        return {s: self._told(o, 0, plan, each, heard.courses[s]) for s, o in zip(slots, outcomes, strict=True)}

    def _outcomes(
        self,
        settings: Sequence[Mapping[str, Value]],
        seeds: Sequence[int],
        listening: "Callable[[Sequence[int]], OnReport | None]",
        slots: Sequence[int],
        *,
        tested: bool,
    ) -> "list[Outcome]":
        """What comes of each setting; where that fails, of each half by itself, so that what is at fault fails alone.

        Args:
            settings: values of the knobs.
            seeds: of each.
            listening: from slots to what hears their reports.
            slots: of the settings.
            tested: whether the test batches are looked at.
        """
        from wellfit.fuse.train import train_fused

        filled = [self._space.filled(values) for values in settings]
        every = report_every(self._task)
        try:
            with kept():
                hears = listening(slots)
                found = train_fused(self._task, filled, seeds=seeds, report_every=every, on_report=hears, tested=tested)
        except UsageError:
            raise
        except Exception as error:  # noqa: BLE001 - the user's task: it becomes why a trial failed
            self._error = error
            if len(settings) == 1:
                return [error]
        else:
            return [found[i : i + len(seeds)] for i in range(0, len(found), len(seeds))]
        half = len(settings) // 2
        parts = slice(half), slice(half, None)
        return [o for p in parts for o in self._outcomes(settings[p], seeds, listening, slots[p], tested=tested)]

    def _count(self, outcomes: "Sequence[Outcome]") -> None:
        results = [outcome[0] for outcome in outcomes if not isinstance(outcome, Exception)]
        self._at_once.update(result.reason for result in results if result.fused)
        self._in_turn.update(result.reason for result in results if not result.fused)

    def _told(
        self, outcome: "Outcome", place: int, plan: StudyPlan, seconds: float, values: Sequence[float]
    ) -> TrialTold:
        """What one trial came to.

        Args:
            outcome: of its setting.
            place: of its seed.
            plan: of the search.
            seconds: its share of what all at once took.
            values: of the metric, that it reported.
        """
        if isinstance(outcome, Exception):
            return told_from(values, plan, reason_of(outcome), pruned=False, seconds=seconds)
        result = outcome[place]
        broke = [] if result.failed_at is None else [math.nan]  # it ends there, whatever its metric was
        return told_from([*values, *broke], plan, "", pruned=result.pruned_at is not None, seconds=seconds)

    def run_fresh(self, plan: StudyPlan, wanted: Sequence[Wanted]) -> Iterator[Fresh]:
        """All settings with all seeds at once."""
        settings = [values for n, (values, _) in enumerate(wanted) if values not in [v for v, _ in wanted[:n]]]
        shifts = list(dict.fromkeys(shift for _, shift in wanted))
        if not wanted:
            return
        seeds, slots = [self._seed + shift for shift in shifts], range(len(settings))
        began = time.monotonic()
        outcomes = self._outcomes(settings, seeds, lambda _: None, slots, tested=True)
        each = (time.monotonic() - began) / (len(settings) * len(seeds))
        for values, shift in wanted:
            outcome, place = outcomes[settings.index(values)], shifts.index(shift)
            result = None if isinstance(outcome, Exception) else outcome[place]
            said = [numbers_of(point) for point in result.curve] if result else []
            told = self._told(outcome, place, plan, each, [numbers[self._metric] for numbers in said])
            yield fresh_of(told, {**said[-1], **tests_of(result)} if result and said else {})
