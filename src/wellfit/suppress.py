"""Silences findings by comments in the user's source: `# wellfit: ignore[WF101] reason`."""

import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from wellfit.model.report import Suppressed
from wellfit.model.rule import SEVERITIES, Finding, Rule, Verdict

_COMMENT = re.compile(r"#\s*wellfit:\s*ignore(?:\s*\[(?P<rules>[^\]]*)\]|(?![\w\[-]))(?P<reason>[^#]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Silence:
    """One comment.

    Args:
        rules: ids or names in lower case; empty silences every rule.
        reason: what the user wrote after it.
    """

    rules: frozenset[str]
    reason: str

    def covers(self, verdict: Verdict) -> bool:
        """Whether the comment speaks of this rule."""
        return not self.rules or bool({verdict.rule.lower(), verdict.name.lower()} & self.rules)


def suppress(verdicts: Iterable[Verdict], rules: Iterable[Rule]) -> tuple[tuple[Verdict, ...], tuple[Suppressed, ...]]:
    """Move the findings on silenced lines out of the verdicts; a verdict that loses all of them becomes clear.

    Args:
        verdicts: of one run.
        rules: the same rules, for the severity of what is left.
    """
    severities = {rule.id: rule.severity for rule in rules}
    read = cache(read_silences)
    kept: list[Verdict] = []
    silenced: list[Suppressed] = []
    for verdict in verdicts:
        left = []
        for finding in verdict.findings:
            hit = _silenced_by(finding, verdict, read)
            left += [] if hit else [finding]
            silenced += [hit] if hit else []
        kept.append(_without(verdict, tuple(left), severities))
    return tuple(kept), tuple(silenced)


def read_silences(file: str) -> Mapping[int, Silence]:
    """The silencing comments of a source file by line; none where it is gone or is no Python."""
    silences: dict[int, Silence] = {}
    try:
        with tokenize.open(file) as source:
            for line, comment in _comments(source.readline):
                match = _COMMENT.search(comment)
                if match:
                    names = (match["rules"] or "").lower().replace("_", "-").split(",")
                    silences[line] = Silence(frozenset(filter(None, map(str.strip, names))), match["reason"].strip())
    except (OSError, SyntaxError, ValueError, tokenize.TokenError):
        pass
    return silences


def _comments(readline: object) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(readline):  # type: ignore[arg-type]
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _silenced_by(finding: Finding, verdict: Verdict, read: object) -> Suppressed | None:
    if finding.where is None:
        return None
    silence = read(finding.where.file).get(finding.where.line)  # type: ignore[operator]
    if silence is None or not silence.covers(verdict):
        return None
    return Suppressed(verdict.rule, finding.where.file, finding.where.line, silence.reason)


def _without(verdict: Verdict, left: tuple[Finding, ...], severities: Mapping[str, object]) -> Verdict:
    if len(left) == len(verdict.findings):
        return verdict
    own = severities[verdict.rule]
    if not left:
        return replace(verdict, verdict="clear", severity=own, findings=())  # type: ignore[arg-type]
    worst = min((finding.severity or own for finding in left), key=SEVERITIES.index)  # type: ignore[arg-type]
    return replace(verdict, severity=worst, findings=left)  # type: ignore[arg-type]
