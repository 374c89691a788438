"""Passes over the training data, told from passes over other data by what follows them."""

from collections import Counter
from collections.abc import Hashable
from typing import Any

from wellfit.observe.moments import LoaderStarted, Totals


class Epochs:
    """Counts starts of loaders whose batches are trained on.

    A start belongs to training when an optimizer steps before any forward without gradients. Where several
    loaders are trained on, those are the epochs during which most steps were taken.
    """

    def __init__(self, totals: Totals) -> None:
        self._totals = totals
        self._pending: tuple[Hashable, int] | None = None
        self._current: Hashable | None = None
        self._starts: Counter[Hashable] = Counter()
        self._steps: Counter[Hashable] = Counter()
        self._running = 0
        self._whole: dict[Hashable, int] = {}

    def started(self, moment: LoaderStarted) -> None:
        """A loader is being iterated; whether for training, the next step shows."""
        self._pending = (_key(moment), self._totals.evaluation_forwards)

    def stepped(self) -> None:
        """An optimizer has stepped."""
        if self._pending is not None:
            key, evaluations = self._pending
            self._pending = None
            if evaluations == self._totals.evaluation_forwards:
                self._begin(key)
        if self._current is not None:
            self._running += 1
            self._steps[self._current] += 1

    def _begin(self, key: Hashable) -> None:
        if key == self._current:
            self._whole[key] = max(self._running, self._whole.get(key, 0))
        self._starts[key] += 1
        self._current = key
        self._running = 0

    @property
    def count(self) -> int:
        """Passes begun so far, the running one included; 0 where no loader is trained on."""
        key = self._main()
        return 0 if key is None else self._starts[key]

    @property
    def steps(self) -> int | None:
        """Optimizer steps in one whole pass, all optimizers together; None before one is complete."""
        key = self._main()
        return None if key is None else self._whole.get(key)

    def _main(self) -> Hashable | None:
        return max(self._steps, key=self._steps.__getitem__, default=None)


def _key(moment: LoaderStarted) -> Hashable:
    """A loader that is made anew each epoch is told by its line."""
    made_at: Any = moment.made_at
    return id(moment.loader) if made_at is None else made_at
