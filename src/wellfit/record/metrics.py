"""Values of metrics on their way to the log: all of them at first, then a few a second, and the extremes exactly."""

import math
import time
from dataclasses import dataclass

from wellfit.model.events.record import MetricSeen
from wellfit.observe.recorder import Recorder

DENSE = 256
"""Values of one metric that are all written."""

APART_S = 0.5
"""Seconds between two further ones."""

MOST_METRICS = 512
"""Names; a program that makes up a new one for each value has no metrics."""


@dataclass
class _Course:
    """Of one metric.

    Args:
        count: values so far.
        written: of these.
        due: when the next is written.
        held: the latest value that has not been written.
        extremes: lowest and highest so far; each new one is held until it is written.
    """

    count: int = 0
    written: int = 0
    due: float = 0.0
    held: MetricSeen | None = None
    low: MetricSeen | None = None
    high: MetricSeen | None = None


class Metrics:
    """Writes `MetricSeen`.

    Args:
        recorder: of this process's log.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._began = time.monotonic()
        self._courses: dict[tuple[str, str], _Course] = {}

    def note(self, name: str, source: str, step: int, value: float) -> None:
        """One value.

        Args:
            name: as the program calls it.
            source: see `MetricSeen`.
            step: of the program, or optimizer steps so far.
            value: may be not finite.
        """
        course = self._courses.get((name, source))
        if course is None:
            if len(self._courses) >= MOST_METRICS:
                return
            course = self._courses[name, source] = _Course()
        now = time.monotonic()
        seen = MetricSeen(name, source, step, value, round(now - self._began, 3), course.count)
        course.count += 1
        if course.written < DENSE or now >= course.due:
            course.written += 1
            course.due = now + APART_S
            course.held = None
            self._write_extremes(course)
            self._recorder.write(seen)
        else:
            self._hold(course, seen)

    def close(self) -> None:
        """Write what is held: the extremes, and the last value."""
        for course in self._courses.values():
            self._write_extremes(course)
            if course.held is not None:
                self._recorder.write(course.held, always=True)
                course.held = None

    def _hold(self, course: _Course, seen: MetricSeen) -> None:
        course.held = seen
        if math.isfinite(seen.value):
            if course.low is None or seen.value < course.low.value:
                course.low = seen
            if course.high is None or seen.value > course.high.value:
                course.high = seen

    def _write_extremes(self, course: _Course) -> None:
        extremes = {id(e): e for e in (course.low, course.high) if e is not None and e is not course.held}
        course.low = course.high = None
        for seen in sorted(extremes.values(), key=lambda e: e.elapsed_s):
            self._recorder.write(seen, always=True)
