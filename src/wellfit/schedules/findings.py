"""What is said about a scheduler."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Problem:
    """One thing that a schedule does and its author did not mean; or, as a note, one that is worth knowing.

    Attributes:
        name: stable, for programs.
        step: the call of `step()` before which it shows, counted from 0.
        saw: what was seen, with numbers.
        why: half a sentence.
        instead: what to write.
        numbers: what `saw` says, for programs.
    """

    name: str
    step: int
    saw: str
    why: str
    instead: str
    numbers: Mapping[str, float] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return f"{self.name} at step {self.step:,}\n{self.saw};\n{self.why}\ninstead: {self.instead}"
