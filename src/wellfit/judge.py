"""Runs rules on facts: exactly one verdict per rule, whatever a rule does."""

import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from wellfit.model.report import Fit
from wellfit.model.rule import SEVERITIES, Finding, Rule, Severity, Unseen, Verdict

Facts = Callable[[type], object]
"""Gives the fact of a type, or `Unseen` with the reason why there is none."""

CURE_FIRST = "cure what was found first: these are the scores of a program with a bug"
"""Takes the place of advice on model and data, which would be followed in vain."""


def judge(rules: Iterable[Rule], facts: Facts) -> tuple[Verdict, ...]:
    """One verdict per rule, in the order of the rules."""
    return tuple(_judge_one(rule, facts) for rule in rules)


def _judge_one(rule: Rule, facts: Facts) -> Verdict:
    supplied = [facts(need) for need in rule.needs]
    missing = [fact.reason for fact in supplied if isinstance(fact, Unseen)]
    if missing:
        return Verdict(rule.id, rule.name, "unseen", rule.severity, reason=missing[0])
    try:
        answers = tuple(rule.function(*supplied))
    except Exception as error:  # noqa: BLE001 - a rule that crashes is broken, never clear
        return Verdict(rule.id, rule.name, "broken", rule.severity, reason=_describe(error))
    return _conclude(rule, answers)


def _describe(error: Exception) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"


def _conclude(rule: Rule, answers: Sequence[Finding | Unseen]) -> Verdict:
    findings = _merge_same_cause([a for a in answers if isinstance(a, Finding)])
    if findings:
        return Verdict(rule.id, rule.name, "found", _worst(rule, findings), findings=findings)
    reasons = [a.reason for a in answers if isinstance(a, Unseen)]
    if reasons:
        return Verdict(rule.id, rule.name, "unseen", rule.severity, reason=reasons[0])
    return Verdict(rule.id, rule.name, "clear", rule.severity)


def _worst(rule: Rule, findings: Iterable[Finding]) -> Severity:
    return min((f.severity or rule.severity for f in findings), key=SEVERITIES.index)


def _merge_same_cause(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """One cause, one finding: those at one place with one fix become one with a count."""
    kept: dict[tuple[object, str], Finding] = {}
    for finding in findings:
        key = (finding.where, finding.fix.title) if finding.where else (None, finding.saw)
        first = kept.get(key)
        kept[key] = finding if first is None else _with_count(first, first.count + finding.count)
    return tuple(kept.values())


def _with_count(finding: Finding, count: int) -> Finding:
    return replace(finding, count=count)


def merge(judged: Sequence[tuple[Verdict, ...]]) -> tuple[Verdict, ...]:
    """The verdicts of several processes of one run as one: found wins, then broken, clear, unseen."""
    if len(judged) == 1:
        return judged[0]
    by_rule: Mapping[str, list[Verdict]] = {}
    for verdict in (v for verdicts in judged for v in verdicts):
        by_rule.setdefault(verdict.rule, []).append(verdict)  # type: ignore[attr-defined]
    return tuple(_merge_one(verdicts) for verdicts in by_rule.values())


def _merge_one(verdicts: list[Verdict]) -> Verdict:
    order = ("found", "broken", "clear", "unseen")
    best = min(verdicts, key=lambda v: order.index(v.verdict))
    if best.verdict != "found":
        return best
    hits = [v for v in verdicts if v.verdict == "found"]
    findings = _merge_same_cause(f for v in hits for f in v.findings)
    severity = min((v.severity for v in hits), key=SEVERITIES.index)
    return Verdict(best.rule, best.name, "found", severity, findings=findings)


def put_cures_first(fit: Fit, verdicts: Sequence[Verdict]) -> Fit:
    """A bug explains the scores before the model's size or its regularization does; what was not seen stays so."""
    ills = any(v.verdict == "found" and v.severity != "note" for v in verdicts)
    return replace(fit, next=CURE_FIRST) if ills and fit.next and fit.verdict != "unseen" else fit
