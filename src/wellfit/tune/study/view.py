"""What one worker has seen of a study so far; a look takes in no more than what has changed since the last one."""

from collections import deque
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from wellfit.model.study import StudyPlan
from wellfit.tune.samplers.draw import Ranking
from wellfit.tune.study.halving import rungs_of
from wellfit.tune.study.slots import Book, Opening
from wellfit.tune.study.translate import seen_of

if TYPE_CHECKING:
    from optuna.storages import BaseStorage


_RECENT = 32
"""Trials that ended last, whose workers count as being at work."""


class View:
    """The trials of one study.

    Args:
        storage: of the engine.
        study: its id there.
        plan: of the search.
    """

    def __init__(self, storage: "BaseStorage", study: int, plan: StudyPlan) -> None:
        self._storage, self._study = storage, study
        self.book, self.rungs, self.ranking = Book(plan.retries), rungs_of(plan), Ranking(plan)
        self._first = 0  # all trials before have ended, and nobody changes them any more
        self._later: set[int] = set()  # and so have these behind it
        self._workers: deque[str] = deque(maxlen=_RECENT)

    def look(self) -> None:
        """Take in what has changed since."""
        found = self._storage.get_all_trials(self._study, deepcopy=False)
        for frozen in found[self._first :]:
            if frozen.number in self._later:
                continue
            seen = seen_of(frozen)
            self.book.put(seen)
            self.rungs.put(seen)
            if frozen.state.is_finished():
                self.ranking.put(seen)
                self._later.add(frozen.number)
                self._workers.append(seen.worker)
        while self._first in self._later:
            self._later.remove(self._first)
            self._first += 1

    def openings(self, planned: int, worker: str, count: int) -> Sequence[Opening]:
        """Open slots, each worker's own share of them first, so that they seldom begin the same at one moment.

        Args:
            planned: slots of the study.
            worker: who asks.
            count: >= 1, at most.
        """
        workers = sorted({worker, *self._workers, *(trial.worker for trial in self.book.running.values())})
        rank, share = workers.index(worker), len(workers)
        openings = list(islice(self.book.openings(planned), share * (count + 1)))
        own = [opening for opening in openings if opening.slot % share == rank]
        others = [opening for opening in openings if opening.slot % share != rank]
        cut = len(others) * rank // share
        return (own + others[cut:] + others[:cut])[:count]

    @property
    def settled(self) -> int:
        """Trials that have ended."""
        return self._first + len(self._later)
