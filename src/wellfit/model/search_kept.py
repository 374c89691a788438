"""A search in a list of runs: one line for all of its trials."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SearchKept:
    """What its records say together.

    Args:
        name: of the search.
        script: that it runs.
        latest: start of its latest run: UTC, ISO 8601.
        ends: how many trials have each status; runs on fresh seeds are not among them.
        seconds: of all its runs together.
        metric: that it makes better; empty where that is not known here.
        best: value of that among whole trials; None where that is not known.
    """

    name: str
    script: str
    latest: str
    ends: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    metric: str = ""
    best: float | None = None

    @property
    def trials(self) -> int:
        """How many there are."""
        return sum(self.ends.values())
