"""Values of metrics on their way to the log: all of them at first, then the last and the extremes of each stretch."""

import math
import time
from dataclasses import dataclass, field

from wellfit.model.events.record import MetricSeen
from wellfit.observe.recorder import Recorder

PROMPT = 16
"""Values of one metric that are written when they come."""

APART_S = 0.5
"""Seconds from one writing to the next; what comes in between is gathered, for a writing costs as much as a print."""

DENSE = 256
"""Values of one metric that are all written."""

MOST_METRICS = 512
"""Names; a program that makes up a new one for each value has no metrics."""


@dataclass
class _Course:
    """Of one metric.

    Args:
        count: values so far.
        written: of these.
        due: when those that are gathered are written.
        gathered: values that have not been written.
    """

    count: int = 0
    written: int = 0
    due: float = 0.0
    gathered: list[MetricSeen] = field(default_factory=list)


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
        course.gathered.append(seen)
        if course.written < PROMPT or now >= course.due:
            course.due = now + APART_S
            self._write(course)

    def close(self) -> None:
        """Write what is gathered."""
        for course in self._courses.values():
            self._write(course, always=True)

    def _write(self, course: _Course, *, always: bool = False) -> None:
        gathered, course.gathered = course.gathered, []
        if course.written + len(gathered) > DENSE:
            gathered = _last_and_extremes(gathered)
        course.written += len(gathered)
        self._recorder.write(*gathered, always=always)


def _last_and_extremes(gathered: list[MetricSeen]) -> list[MetricSeen]:
    """In the order in which they came; values that are not finite are no extremes."""
    finite = [seen for seen in gathered if math.isfinite(seen.value)]
    kept = {gathered[-1].index: gathered[-1]} if gathered else {}
    if finite:
        kept |= {seen.index: seen for seen in (min(finite, key=_value), max(finite, key=_value))}
    return [kept[index] for index in sorted(kept)]


def _value(seen: MetricSeen) -> float:
    return seen.value
