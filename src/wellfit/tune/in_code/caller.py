"""Calls the user's training function, in all processes that train together at once."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from wellfit.declare.space import Space
from wellfit.errors import UsageError
from wellfit.model.knob import Value
from wellfit.model.plain import ENCODER, build
from wellfit.model.study import StudyPlan, TrialTold
from wellfit.model.tuned import Tuned
from wellfit.tune.in_code.function import Ended, Enough, Reporter, Train, call, told_of
from wellfit.tune.in_code.ranks import PATIENCE_S, Ranks
from wellfit.tune.outcome.fresh import Fresh, Wanted, fresh_of


class Caller:
    """Has trials run by a function of this process.

    Args:
        train: the user's.
        space: of its hyperparameters.
        seed: of each trial; None leaves the generators alone.
        metric: name of what is made better.
        ranks: the processes.
    """

    def __init__(self, train: Train, space: Space, seed: int | None, metric: str, ranks: Ranks) -> None:
        self._train, self._space, self._seed, self._metric, self._ranks = train, space, seed, metric, ranks
        self._calls = 0
        self._lasts: Mapping[str, float] = {}
        self.error: Exception | None = None
        """What the latest trial raised here; None where it raised nothing."""

    def run(
        self, plan: StudyPlan, values: Mapping[str, Value], shift: int = 0, enough: Enough = lambda _: False
    ) -> TrialTold:
        """Try a setting, in this process and, where it is the first of several, in all others.

        Args:
            plan: of the search.
            values: of the knobs.
            shift: of the seed.
            enough: see `Reporter`.

        Raises:
            UsageError: the processes do not report alike.
        """
        self._ranks.decide(f"order/{self._calls}", lambda: {"values": dict(values), "shift": shift})
        ended, reason = self._call(values, shift, enough)
        self._lasts = ended.lasts
        return told_of(ended, plan, reason)

    def run_fresh(self, plan: StudyPlan, wanted: Sequence[Wanted]) -> Iterator[Fresh]:
        """Try one setting after the other, whole."""
        for values, shift in wanted:
            told = self.run(plan, values, shift)
            yield fresh_of(told, self._lasts)

    def _call(self, values: Mapping[str, Value], shift: int, enough: Enough) -> tuple[Ended, str]:
        number = self._calls
        self._calls += 1
        reporter = Reporter(self._metric, lambda new: self._decided(number, reporter, enough, new))
        seed = None if self._seed is None else self._seed + shift
        ended = call(self._train, self._space.filled(values), seed, reporter)
        self.error = ended.error
        said = {"reason": ended.reason, "reports": ended.reports}
        all_said = self._ranks.gather(f"end/{number}", said, PATIENCE_S if ended.error else None)
        if all_said is None and ended.error is not None:
            raise ended.error
        reasons = [(rank, one["reason"]) for rank, one in enumerate(all_said or ()) if one["reason"]]
        if not reasons:
            _refuse_unlike([one["reports"] for one in all_said or ()])
            return ended, ""
        rank, reason = reasons[0]
        return ended, reason if self._ranks.size == 1 else f"rank {rank}: {reason}"

    def _decided(self, number: int, reporter: Reporter, enough: Enough, new: Sequence[float]) -> bool:
        return self._ranks.decide(f"report/{number}/{reporter.reports}", lambda: enough(new))

    def follow(self) -> Tuned:
        """Do what the first process decides, until it has the answer.

        Raises:
            UsageError: it refuses.
        """
        try:
            return self._follow()
        finally:
            self._ranks.leave()

    def _follow(self) -> Tuned:
        while True:
            order: dict[str, Any] = self._ranks.decide(f"order/{self._calls}", dict)
            if "answer" in order:
                answer: Tuned = build(Tuned, order["answer"])
                return answer
            if "refused" in order:
                raise UsageError(*order["refused"])
            self._call(order["values"], order["shift"], lambda _: False)

    def answer(self, found: Callable[[], Tuned]) -> Tuned:
        """Find the answer here, and hand it to all others; also that there is none."""
        try:
            answer = found()
        except BaseException as error:
            mistakes = error.mistakes if isinstance(error, UsageError) else (f"rank 0 ended: {error!r}",)
            self._ranks.decide(f"order/{self._calls}", lambda: {"refused": mistakes})
            self._ranks.leave()
            raise
        self._ranks.decide(f"order/{self._calls}", lambda: {"answer": json.loads(ENCODER.encode(answer))})
        self._ranks.leave()
        return answer


def _refuse_unlike(reports: Sequence[int]) -> None:
    """A trial is ended at a report, in all processes at once.

    Raises:
        UsageError: some reported more often than others.
    """
    if len(set(reports)) > 1:
        counts = ", ".join(f"rank {rank} {count} times" for rank, count in enumerate(reports))
        raise UsageError(f"every rank calls report as often as the others, so that all end together; here {counts}")
