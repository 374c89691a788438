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
class CallSite:
    """One call that the user's program makes.

    Args:
        place: the line that Python names for it.
        end_line: line that the call's text ends on; None where this Python does not keep it (before 3.11).
        end_column: UTF-8 bytes of that line up to behind the call's closing bracket; None likewise.
    """

    place: Place
    end_line: int | None = None
    end_column: int | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """A second place that a finding speaks of, and what happened there."""

    place: Place
    what: str
