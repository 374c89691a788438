"""The report as JSON, schema 1: stable, strict, for other tools.

A value that JSON cannot hold is a string: "NaN", "Infinity", "-Infinity". Both `float(...)` in Python and `Number(...)`
in JavaScript read them back.
"""

import json
import math
from dataclasses import asdict
from typing import Any

from wellfit.model.advice import Advice
from wellfit.model.batch import BatchAnswer
from wellfit.model.lr import RateAnswer
from wellfit.model.place import Place, Related
from wellfit.model.proof import Band, Effect, Proof
from wellfit.model.report import Curve, Fit, Report, Suppressed
from wellfit.model.rule import Finding, Verdict
from wellfit.model.source import Sources
from wellfit.report.edit import diff_of
from wellfit.report.naming import encodable, shown_file

SCHEMA = 1
"""Counts up when a key changes its meaning or goes; new keys leave it as it is."""


def render(report: Report, sources: Sources) -> str:
    """The report as one JSON object, indented, with a newline at its end.

    Args:
        report: the judged run.
        sources: the user's source lines, from `wellfit.report.source.read_sources`.
    """
    return json.dumps(_strict(_report(report, sources)), indent=2, allow_nan=False) + "\n"


def render_advice(advice: Advice) -> str:
    """A script beside its recipe as one JSON object.

    Args:
        advice: on the script.
    """
    values = asdict(advice)
    if advice.measured is not None:
        values["measured"]["proof"] = _proof(advice.measured.proof)
    return json.dumps(_strict(values), indent=2, allow_nan=False) + "\n"


def render_rate(answer: RateAnswer) -> str:
    """What `wellfit lr` found as one JSON object.

    Args:
        answer: with or without a rate.
    """
    return json.dumps(_strict({"schema": SCHEMA, **asdict(answer)}), indent=2, allow_nan=False) + "\n"


def render_batch(answer: BatchAnswer) -> str:
    """What `wellfit batch` found as one JSON object.

    Args:
        answer: with or without a size.
    """
    return json.dumps(_strict({"schema": SCHEMA, **asdict(answer)}), indent=2, allow_nan=False) + "\n"


def _report(report: Report, sources: Sources) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "wellfit": report.wellfit,
        "script": report.script,
        "steps": report.steps,
        "sampled_steps": report.sampled_steps,
        "exit_code": report.exit_code,
        "processes": report.processes,
        "elapsed_s": report.elapsed_s,
        "verdicts": [_verdict(v, report, sources) for v in report.verdicts],
        "fit": _fit(report.fit),
        "together": _proof(report.together),
        "notices": list(report.notices),
        "suppressed": [_suppressed(s, report.root) for s in report.suppressed],
        "curves": [_curve(c) for c in report.curves],
    }


def _verdict(verdict: Verdict, report: Report, sources: Sources) -> dict[str, Any]:
    return {
        "rule": verdict.rule,
        "name": verdict.name,
        "verdict": verdict.verdict,
        "severity": verdict.severity,
        "reason": verdict.reason,
        "findings": [_finding(f, verdict, report.root, sources) for f in verdict.findings],
    }


def _finding(finding: Finding, verdict: Verdict, root: str, sources: Sources) -> dict[str, Any]:
    return {
        "where": _place(finding.where, root) if finding.where else None,
        "related": [_related(r, root) for r in finding.related],
        "saw": finding.saw,
        "why": finding.why,
        "fix": _fix(finding, root, sources),
        "count": finding.count,
        "severity": finding.severity or verdict.severity,
        "first_step": finding.first_step,
        "proof": _proof(finding.proof),
    }


def _fix(finding: Finding, root: str, sources: Sources) -> dict[str, Any]:
    fix = finding.fix
    return {
        "title": fix.title,
        "diff": diff_of(finding, sources, root=root),
        "safe": fix.safe,
        "doubt": fix.doubt,
        "withheld": fix.withheld,
    }


def _proof(proof: Proof | None) -> dict[str, Any] | None:
    if proof is None:
        return None
    effect = proof.effect
    return {
        "metric": effect.metric if effect else None,
        "as_is": effect.as_is if effect else None,
        "cured": effect.cured if effect else None,
        "effect": effect.interval if effect else None,
        "seeds": proof.seeds,
        "steps": proof.steps,
        "rows": proof.rows,
        "held_back": proof.held_back,
        "verdict": proof.verdict,
        "reason": proof.reason,
        "also": [_effect(also) for also in proof.also],
        "curves": [_band(band) for band in proof.bands],
    }


def _effect(effect: Effect) -> dict[str, Any]:
    return {"metric": effect.metric, "as_is": effect.as_is, "cured": effect.cured, "effect": effect.interval}


def _band(band: Band) -> dict[str, Any]:
    return {"name": band.name, "steps": band.steps, "low": band.low, "mid": band.mid, "high": band.high}


def _place(place: Place, root: str) -> dict[str, Any]:
    return {"file": shown_file(place.file, root), "line": place.line, "function": place.function}


def _related(related: Related, root: str) -> dict[str, Any]:
    return {**_place(related.place, root), "what": related.what}


def _fit(fit: Fit) -> dict[str, Any]:
    return {
        "verdict": fit.verdict,
        "metric": fit.metric,
        "train": fit.train,
        "validation": fit.validation,
        "gap": fit.gap,
        "reason": fit.reason or None,
        "next": fit.next or None,
        "rows": fit.rows,
        "step": fit.step,
    }


def _suppressed(suppressed: Suppressed, root: str) -> dict[str, Any]:
    file = shown_file(suppressed.file, root)
    return {"rule": suppressed.rule, "file": file, "line": suppressed.line, "reason": suppressed.reason}


def _curve(curve: Curve) -> dict[str, Any]:
    return {"name": curve.name, "steps": curve.steps, "values": curve.values}


def _strict(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' if value < 0 else ''}Infinity"
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, dict):
        return {key: _strict(item) for key, item in value.items()}
    return [_strict(item) for item in value] if isinstance(value, (list, tuple)) else value
