"""How much of the run's time may go into work that only some reports need."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

SHARE = 0.01
"""Of the elapsed time that the work may take."""

FREE_S = 0.15
"""Seconds beyond that for what is due: a short run too is looked at near its end."""

FIRST_S = 0.05
"""Seconds more for what was never done: an evaluation after the training comes once."""


class Budget:
    """Counts this thread's own seconds, whatever else the machine does, against the run's elapsed ones."""

    def __init__(self) -> None:
        self._spent_s = 0.0
        self._since_s: float | None = None
        self._born_s = time.monotonic() - time.process_time()  # importing torch is part of what the user waits for

    @contextmanager
    def counted(self) -> Iterator[None]:
        """What is done in here is paid for."""
        if self._since_s is not None:
            yield
            return
        self._since_s = time.thread_time()
        try:
            yield
        finally:
            self._spent_s, self._since_s = self.spent_s, None

    @property
    def spent_s(self) -> float:
        """Seconds so far, those of a `counted` block that still runs included."""
        return self._spent_s + (0.0 if self._since_s is None else time.thread_time() - self._since_s)

    def affords(self, expected_s: float, *, due: bool, first: bool) -> bool:
        """Whether so many seconds more are within bounds.

        Args:
            expected_s: what the work is likely to take.
            due: the run has grown much since it was done.
            first: it was never done.
        """
        free = (FREE_S if due else 0.0) + (FIRST_S if first else 0.0)
        return self.spent_s + expected_s <= free + SHARE * (time.monotonic() - self._born_s)
