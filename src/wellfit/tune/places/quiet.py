"""Says, now and then, that nobody works on a study."""

import time
from collections.abc import Callable

FIRST_S, LATER_S = 30.0, 600.0
"""Seconds of quiet before it is said for the first time, and between two times after that."""


class Quiet:
    """Watches whether anybody works on a study.

    Args:
        say: hears a sentence.
        command: that starts a worker.
        clock: seconds, of a clock that never goes back.
    """

    def __init__(self, say: Callable[[str], None], command: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._say, self._command, self._clock = say, command, clock
        self._since = self._said = clock()
        self._wait = FIRST_S
        self._ended = -1

    def look(self, running: int, ended: int) -> None:
        """Take in how the study stands.

        Args:
            running: trials that workers are at.
            ended: trials that have come to their end.
        """
        now = self._clock()
        if running or ended != self._ended:
            self._since = self._said = now
            self._wait, self._ended = FIRST_S, ended
        elif now - self._said >= self._wait:
            self._said, self._wait = now, LATER_S
            self._say(
                f"no worker has been at a trial for {now - self._since:.0f} s; start one: {self._command}"
                " (Ctrl-C ends the wait, and `wellfit tune --resume` goes on)"
            )
