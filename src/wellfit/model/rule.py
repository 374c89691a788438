"""What a rule is, what it may say, and what the judge makes of it."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_type_hints

from wellfit.model.change import Change
from wellfit.model.cure import Cure
from wellfit.model.place import Place, Related
from wellfit.model.proof import Proof

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
VerdictKind = Literal["found", "clear", "unseen", "broken"]


@dataclass(frozen=True, slots=True)
class Fix:
    """The edit that cures a finding: in words from the rule, and as changes of the source from the room that edits.

    Args:
        title: the edit in words, in the imperative.
        place: the line to edit; None where the finding's own line is meant or no single line cures it.
        details: what of the evidence the edit hangs on, by name: an operation, a dimension, a shape, a count.
        changes: the edit itself, in one file or several; empty where none was written.
        doubt: why the edit may change what the program is meant to do; None where it keeps that for certain.
        withheld: why no edit was written; None where one was, or nobody has tried.
    """

    title: str
    place: Place | None = None
    details: Mapping[str, Any] = field(default_factory=dict, hash=False)
    changes: tuple[Change, ...] = ()
    doubt: str | None = None
    withheld: str | None = None

    @property
    def safe(self) -> bool | None:
        """Whether the edit keeps what the program is meant to do; None where there is no edit."""
        return self.doubt is None if self.changes else None


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause, seen at one place.

    Args:
        where: the user's line; None where the run gave no line (then `saw` names the object).
        saw: what was measured, with its numbers.
        why: why it hurts, in half a sentence.
        fix: the edit that cures it.
        related: other lines that take part.
        count: how many times it was seen.
        severity: only where the evidence of this run weighs more or less than the rule's own severity.
        first_step: optimizer step at which it was first seen, where that is known; marks the finding on the curves.
        cure: what `--prove` changes in the running program; None where no intervention is a cure.
        proof: its measured effect, once there is one.
    """

    where: Place | None
    saw: str
    why: str
    fix: Fix
    related: tuple[Related, ...] = ()
    count: int = 1
    severity: Severity | None = None
    first_step: int | None = None
    cure: Cure | None = None
    proof: Proof | None = None


@dataclass(frozen=True, slots=True)
class Unseen:
    """Evidence is missing: the reason, in words a user can act on.

    A fold returns it in place of a fact; a rule yields it when the facts are there but too few.
    """

    reason: str


Answers = Iterator[Finding | Unseen]


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with everything that is said about it.

    Args:
        needs: the fact types that the function's annotations name, in order.
        status: preview rules run only when selected by id; stable ones always.
    """

    id: str
    name: str
    severity: Severity
    since: str
    status: Literal["preview", "stable", "deprecated"]
    function: Callable[..., Iterable[Finding | Unseen]]
    needs: tuple[type, ...]

    @property
    def doc(self) -> str:
        """The module's docstring: title, then the five headings."""
        return inspect.cleandoc(inspect.getmodule(self.function).__doc__ or "")

    @property
    def title(self) -> str:
        """First line of the docstring."""
        return self.doc.splitlines()[0]

    @property
    def family(self) -> str:
        """The folder that the rule's folder stands in: loss, loop, optim ..."""
        return self.function.__module__.rpartition(".rules.")[2].partition(".")[0]


def rule(
    id: str,  # noqa: A002 - the word that users read in every report
    name: str,
    *,
    severity: Severity,
    since: str,
    status: Literal["preview", "stable", "deprecated"] = "stable",
) -> Callable[[Callable[..., Iterable[Finding | Unseen]]], Rule]:
    """Make a rule of a pure function from facts to findings; its annotations are its needs."""

    def make(function: Callable[..., Iterable[Finding | Unseen]]) -> Rule:
        hints: dict[str, Any] = get_type_hints(function)
        hints.pop("return", None)
        return Rule(id, name, severity, since, status, function, tuple(hints.values()))

    return make


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule says of one run.

    Args:
        severity: the rule's, or the worst that its findings ask for.
        reason: why it is unseen or broken, else None.
        findings: empty unless found.
    """

    rule: str
    name: str
    verdict: VerdictKind
    severity: Severity
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
