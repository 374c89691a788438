"""Which steps a lean watch hears, and how much of the run's time it may take for more than these."""

import time

ALL_HEARD = 16
"""First steps that are all heard."""

HEARD_PER_OCTAVE = 16
"""Later ones, while the steps double: about so many."""

SHARE = 0.005
"""Of the elapsed time, for what is heard beside those steps: half of the 1 % that a record may cost."""

FIRST_DUE = 8
"""Of what recurs without being a step, such as evaluations, so many are heard at whatever cost."""


class Pace:
    """Steps by their number alone, so that a run that is had again is heard at the same ones; the rest by time.

    Attributes:
        next: number of the next step that is heard, from 0.
        spent_s: seconds that listening has taken, since most steps are no longer heard.
        share: of the elapsed time, that it may take.
    """

    def __init__(self) -> None:
        self.next = 0
        self.spent_s = 0.0
        self.share = SHARE
        self._rested = False
        self._born_s = time.monotonic() - time.process_time()  # importing torch is part of what the user waits for

    def pass_by(self, step: int) -> None:
        """A step has ended, and which one is heard next follows.

        Args:
            step: its number, from 0.
        """
        if step >= self.next:
            self.next = step + (1 if step < ALL_HEARD else max(1, step // HEARD_PER_OCTAVE))

    def is_regular(self, step: int) -> bool:
        """Whether a step, which has not ended, is heard in each run of the program."""
        return step >= self.next

    def rest(self) -> None:
        """From the first call on seconds are counted: those before are part of the start."""
        if not self._rested:
            self._rested = True
            self.spent_s = 0.0

    def affords(self, expected_s: float) -> bool:
        """Whether so many seconds more are within bounds.

        Args:
            expected_s: what the work is likely to take.
        """
        return self.spent_s + expected_s <= self.share * (time.monotonic() - self._born_s)

    def allows(self, count: int, expected_s: float) -> bool:
        """Whether something that recurs is done again: the first times, when the count has doubled, and as afforded.

        Args:
            count: how often it came before.
            expected_s: seconds that this is likely to take.
        """
        return count < FIRST_DUE or count & (count - 1) == 0 or self.affords(expected_s)
