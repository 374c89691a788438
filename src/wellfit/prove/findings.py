"""From a report to the same report with the measured effect of each cure beside its finding."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wellfit.errors import ProofError
from wellfit.model.cure import Cure
from wellfit.model.proof import Proof
from wellfit.model.report import Report
from wellfit.model.rule import SEVERITIES, Finding, Verdict
from wellfit.prove.plan import FEWEST_STEPS, Pace, Plan, make_plan
from wellfit.prove.prove import Progress, prove
from wellfit.prove.stage import Stage
from wellfit.script.command import Command


@dataclass(frozen=True, slots=True)
class Terms:
    """What a proof may cost.

    Args:
        folder: absolute working folder, which is copied.
        budget_s: seconds for all runs.
        seeds: pairs of runs for each cure.
        before: names in the folder before the run of the report; None where that is not known.
    """

    folder: Path
    budget_s: float
    seeds: int
    before: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told what goes on.

    Args:
        announce: what will run, before anything does.
        tell: how far it is.
    """

    announce: Callable[[Plan], None]
    tell: Progress


def prove_findings(report: Report, command: Command, terms: Terms, listener: Listener) -> Report:
    """Try the cure of each finding on short paired runs of the script.

    Args:
        report: of a run of the same command.
        command: what was run.
        terms: what may be spent.
        listener: is told.

    Returns:
        the report with a proof at each finding that has a cure, one for all of them together where there are several,
        and findings whose cure measurably hurts as notes. Where nothing can be run, each proof says why.
    """
    cures = tuple(f.cure for verdict in report.verdicts for f in verdict.findings if f.cure is not None)
    if not cures:
        return report
    if report.exit_code:
        return _told(report, "the script failed, and a proof runs it again")
    pace = Pace(report.steps, report.start_s, report.stepping_s)
    plan = make_plan(cures, pace, budget_s=terms.budget_s, seeds=terms.seeds)
    if plan is None:
        return _told(report, f"the script makes {report.steps} steps, and a trial takes {FEWEST_STEPS} at least")
    listener.announce(plan)
    deadline = time.monotonic() + terms.budget_s
    try:
        with Stage(command.words, terms.folder, report.started, terms.before) as stage:
            proofs = prove(stage, plan, deadline=deadline, tell=listener.tell, began=_first_loss(report))
    except ProofError as error:
        return _told(report, str(error))
    except KeyboardInterrupt:
        return _told(report, "interrupted before anything was tried")
    proofs = tuple(_of_one(proof, report) for proof in proofs)
    return _with_proofs(report, dict(zip(map(_key, plan.cures), proofs, strict=False)), _together(plan, proofs))


def _of_one(proof: Proof, report: Report) -> Proof:
    """Say of a measurement that the run had more processes than the trials."""
    launched = report.started is not None and report.started.ranked and report.processes > 1
    if not launched or proof.verdict == "could not measure":
        return proof
    reason = f"measured on one process, where {report.processes} trained together"
    return replace(proof, reason=f"{reason}; {proof.reason}" if proof.reason else reason)


def _first_loss(report: Report) -> float | None:
    losses = [dict(zip(curve.steps, curve.values, strict=True)) for curve in report.curves if curve.name == "loss"]
    return losses[0].get(0) if losses else None


def _together(plan: Plan, proofs: Sequence[Proof]) -> Proof | None:
    return proofs[-1] if len(plan.cures) > 1 else None


def _told(report: Report, reason: str) -> Report:
    """The report with one and the same reason at every cure."""
    proof = Proof("could not measure", reason)
    found = (f.cure for verdict in report.verdicts for f in verdict.findings if f.cure is not None)
    return _with_proofs(report, {_key(cure): proof for cure in found}, None)


def _key(cure: Cure) -> str:
    return repr(cure)


def _with_proofs(report: Report, proofs: dict[str, Proof], together: Proof | None) -> Report:
    verdicts = tuple(_prove_verdict(verdict, proofs) for verdict in report.verdicts)
    return replace(report, verdicts=verdicts, together=together)


def _prove_verdict(verdict: Verdict, proofs: dict[str, Proof]) -> Verdict:
    if not verdict.findings:
        return verdict
    findings = tuple(_prove_finding(finding, proofs) for finding in verdict.findings)
    severity = min((f.severity or verdict.severity for f in findings), key=SEVERITIES.index)
    return replace(verdict, findings=findings, severity=severity)


def _prove_finding(finding: Finding, proofs: dict[str, Proof]) -> Finding:
    proof = None if finding.cure is None else proofs.get(_key(finding.cure))
    if proof is None:
        return finding
    return replace(finding, proof=proof, severity="note" if proof.verdict == "hurts" else finding.severity)
