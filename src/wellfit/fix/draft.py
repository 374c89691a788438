"""What an editor hands back: the changes that cure a finding, or why it wrote none."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wellfit.model.change import Change
from wellfit.model.rule import Finding

if TYPE_CHECKING:
    from wellfit.fix.program import Project


class RefusedError(Exception):
    """An editor is not certain what to write; its text says why, in words that follow on "no edit: "."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The changes that cure one finding.

    Args:
        changes: in one file or several; none of them overlap.
        doubt: why they may change what the program is meant to do; None where they keep that for certain.
    """

    changes: tuple[Change, ...]
    doubt: str | None = None


@dataclass(frozen=True, slots=True)
class Editor:
    """One kind of edit.

    Args:
        rules: ids of the rules that it serves.
        doubt: why each of its edits is unsafe; None where they are safe, unless a draft has a doubt of its own.
        write: from a finding and the parsed files to the changes; raises `RefusedError` where it is not certain.
    """

    rules: tuple[str, ...]
    doubt: str | None
    write: "Callable[[Finding, Project], Draft]"

    @property
    def safe(self) -> bool:
        """Whether its edits keep what the program is meant to do."""
        return self.doubt is None

    @property
    def doc(self) -> str:
        """What the edit is, in one line."""
        return (self.write.__doc__ or "").strip().splitlines()[0]


def editor(*rules: str, doubt: str | None = None) -> "Callable[[Callable[[Finding, Project], Draft]], Editor]":
    """Make an editor of a function; its docstring says what the edit is."""

    def make(write: "Callable[[Finding, Project], Draft]") -> Editor:
        return Editor(rules, doubt, write)

    return make
