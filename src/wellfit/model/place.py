"""Where in the user's source something happened."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """One line of the user's program.

    Args:
        file: absolute path as Python knows it; reports shorten it.
        line: first line is 1.
        function: name of the function around it, `<module>` at the top level.
    """

    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that a finding speaks of, and what happened there."""

    place: Place
    what: str
