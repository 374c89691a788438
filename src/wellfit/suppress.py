"""Silences findings by comments in the user's source: `# wellfit: ignore[WF101] reason`."""

import contextlib
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache

from wellfit.model.report import Suppressed
from wellfit.model.rule import SEVERITIES, Finding, Rule, Severity, Verdict

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


ReadSilences = Callable[[str], Mapping[int, Silence]]


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
        hits = [(finding, _silenced_by(finding, verdict, read)) for finding in verdict.findings]
        silenced += [hit for _, hit in hits if hit]
        left = tuple(finding for finding, hit in hits if not hit)
        kept.append(verdict if len(left) == len(hits) else _with_only(left, verdict, severities[verdict.rule]))
    return tuple(kept), tuple(silenced)


def read_silences(file: str) -> Mapping[int, Silence]:
    """The silencing comments of a source file by line; none where it is gone or is no Python."""
    silences: dict[int, Silence] = {}
    with contextlib.suppress(OSError, SyntaxError, ValueError, tokenize.TokenError), tokenize.open(file) as source:
        for line, comment in _comments(source.readline):
            match = _COMMENT.search(comment)
            if match:
                silences[line] = Silence(_words(match["rules"] or ""), match["reason"].strip())
    return silences


def _comments(readline: Callable[[], str]) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip().lower().replace("_", "-") for word in text.split(",") if word.strip())


def _silenced_by(finding: Finding, verdict: Verdict, read: ReadSilences) -> Suppressed | None:
    if finding.where is None:
        return None
    silence = read(finding.where.file).get(finding.where.line)
    if silence is None or not silence.covers(verdict):
        return None
    return Suppressed(verdict.rule, finding.where.file, finding.where.line, silence.reason)


def _with_only(left: tuple[Finding, ...], verdict: Verdict, own: Severity) -> Verdict:
    if not left:
        return replace(verdict, verdict="clear", severity=own, findings=())
    return replace(verdict, severity=min((f.severity or own for f in left), key=SEVERITIES.index), findings=left)
