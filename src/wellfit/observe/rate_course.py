"""What one learning rate did over the steps so far, in a few numbers: nothing is kept per step."""

from wellfit.model.events.optim import RatesRun

SMALL_SHARE = 0.01 * (1 - 1e-6)
"""Share of the highest rate under which a step moves next to nothing; two drops to a tenth are not under it."""


class RateCourse:
    """Follows one rate; a step at which it has not changed costs two comparisons."""

    __slots__ = ("first", "highest", "highest_at", "last", "lowest", "small_since", "started_at", "steps", "zero_since")

    def __init__(self) -> None:
        self.steps = 0
        self.first = self.last = self.highest = self.lowest = 0.0
        self.highest_at = 0
        self.started_at: int | None = None
        self.zero_since: int | None = None
        self.small_since: int | None = None

    def note(self, rate: float) -> None:
        """Take down the rate of one more step."""
        step = self.steps
        self.steps = step + 1
        if rate == self.last and step:
            return
        if not step:
            self.first = rate
        self.last = rate
        if rate > self.highest or not step:
            self.highest, self.highest_at, self.lowest = rate, step, rate
        self.lowest = min(self.lowest, rate)
        if rate:
            self.zero_since = None
            self.started_at = step if self.started_at is None else self.started_at
        else:
            self.zero_since = step
        if rate >= SMALL_SHARE * self.highest:
            self.small_since = None
        elif self.small_since is None:
            self.small_since = step

    def summary(self) -> RatesRun:
        """The numbers as they stand."""
        return RatesRun(
            highest=self.highest,
            highest_at=self.highest_at,
            lowest=self.lowest,
            zeros_at_first=self.steps if self.started_at is None else self.started_at,
            zeros_at_last=self._since(self.zero_since),
            small_at_last=self._since(self.small_since),
        )

    def _since(self, step: int | None) -> int:
        return 0 if step is None else self.steps - step
