"""Whether proofs tell the truth: the proved effect of each cure against the measured damage of its bug.

For each program with a bug there is a twin in which the bug was cured by hand. The damage is measured with seeds that
the proof never sees: program and twin are trained and scored alike, seed by seed. The proof tries the cure in the
program itself. Their signs must agree wherever the damage is real, and a cure of a harmless form must have no effect.
A bug of the evaluation damages no weights but what the program reports: there the accuracies are compared that program
and twin print at last.

    python benchmarks/prove.py --json proofs.json            # all pairs; an hour on two cores
    python benchmarks/prove.py --only WF101 gradients        # those whose names contain one of these
"""

import argparse
import contextlib
import json
import math
import re
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from wellfit import api
from wellfit.model.proof import Effect
from wellfit.model.score import METRICS
from wellfit.prove.effect import effects, quantile
from wellfit.prove.findings import Listener, Terms, prove_findings
from wellfit.prove.plan import Pace, Plan, make_plan
from wellfit.prove.stage import Stage

ROOT = Path(__file__).resolve().parents[1]
RULES = ROOT / "src" / "wellfit" / "rules"
GALLERY = ROOT / "tests" / "gallery"


EVALUATION_CURES = {"score_in_eval_mode", "score_without_dropout"}
PRINTED = re.compile(r"(?<![\w.])[01]\.\d+(?![\w.])")
"""An accuracy as a program prints it."""


@dataclass
class Pair:
    """A program with a bug, and its twin cured by hand."""

    name: str
    bad: Path
    good: Path


@dataclass
class Row:
    """What was measured of one pair."""

    name: str
    rule: str = ""
    metric: str = ""
    damage: tuple[float, float, float] | None = None
    real: bool = False
    proof: tuple[float, float, float] | None = None
    proof_metric: str = ""
    verdict: str = ""
    reason: str = ""
    steps: int = 0
    agrees: bool | None = None
    elapsed_s: float = 0.0


def pairs() -> list[Pair]:
    """Every rule's bad and good program, and the gallery's injected ones with the healthy one they were made from."""
    found = [Pair(bad.parent.name, bad, bad.with_name("good.py")) for bad in sorted(RULES.glob("*/*/bad.py"))]
    healthy = sorted((p.stem for p in (GALLERY / "healthy").glob("*.py")), key=len, reverse=True)
    for bad in sorted((GALLERY / "injected").glob("*.py")):
        twin = next(name for name in healthy if bad.stem.startswith(name))
        found.append(Pair(bad.stem, bad, GALLERY / "healthy" / f"{twin}.py"))
    return found


def measure(pair: Pair, seeds: int) -> Row:
    """One pair, in a folder of its own."""
    row, began = Row(pair.name), time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        shutil.copy(pair.bad, "bad.py")
        shutil.copy(pair.good, "good.py")
        asked = api.plan(["bad.py"])
        report = api.check(asked)
        cured = [(v.rule, f) for v in report.found for f in v.findings if f.cure is not None]
        if not cured:
            row.reason = "no finding with a cure"
            return row
        row.rule = cured[0][0]
        terms = Terms(Path(folder), 600.0, seeds)
        report = prove_findings(report, asked.command, terms, Listener(lambda _: None, lambda *_: None))
        proof = next(f.proof for v in report.found if v.rule == row.rule for f in v.findings if f.proof is not None)
        row.verdict, row.reason, row.steps = proof.verdict, proof.reason or "", proof.steps
        damage = _damage(report, cured[0][1].cure, seeds)
        if proof.effect is not None:
            row.proof, row.proof_metric = proof.effect.interval, proof.effect.metric
        _compare(row, proof.effect, proof.also, damage)
    row.elapsed_s = round(time.monotonic() - began, 1)
    return row


def _damage(report, cure, seeds: int) -> tuple[Effect, ...]:
    """Program and twin as they are, with seeds of their own, scored alike."""
    pace = Pace(report.steps, report.start_s, report.stepping_s)
    plan = make_plan([cure], pace, budget_s=600, seeds=seeds)
    if plan is None:
        return ()
    bad, good = (_runs(name, plan, seeds) for name in ("bad.py", "good.py"))
    if cure.intervention in EVALUATION_CURES:
        return _damage_of_prints(bad, good)
    scores = [[_score(run) for run in runs] for runs in (bad, good)]
    tasks = [{score.task for score in each if score is not None} for each in scores]
    if any(None in each for each in scores) or len(tasks[0] | tasks[1]) != 1:
        return ()
    return effects(scores[0], scores[1], paired=True)


def _runs(name: str, plan: Plan, seeds: int):
    """A program under seeds that the proof never sees."""
    with Stage((sys.executable, name), Path.cwd()) as stage:
        return [
            stage.run((), seed=seed, train_steps=plan.train_steps, score_steps=plan.score_steps, limit_s=300)
            for seed in range(100, 100 + seeds)
        ]


def _damage_of_prints(bad, good) -> tuple[Effect, ...]:
    """What the programs themselves report, by its last accuracy."""
    printed = [[PRINTED.findall(run.output) for run in runs] for runs in (bad, good)]
    if not all(found for each in printed for found in each):
        return ()
    before, after = ([float(found[-1]) for found in each] for each in printed)
    differences = [b - a for a, b in zip(before, after, strict=True)]
    middle = statistics.fmean(differences)
    half = quantile(len(differences) - 1) * statistics.stdev(differences) / math.sqrt(len(differences))
    interval = (middle - half, middle, middle + half)
    return (Effect("accuracy", statistics.fmean(before), statistics.fmean(after), interval),)


def _score(run):
    order = list(METRICS)
    keys = sorted(run.scores, key=lambda k: (order.index(k.task), k.evaluated_at is None, -run.scores[k].rows))
    return run.scores[keys[0]] if keys and run.failure is None else None


def _compare(row: Row, effect: Effect | None, also: tuple[Effect, ...], damage: tuple[Effect, ...]) -> None:
    """Both by the metric in which the damage is clearest."""
    if not damage:
        return
    clearest = damage[0]
    row.metric, row.damage = clearest.metric, clearest.interval
    row.real = clearest.verdict != "no measurable effect"
    same = next((e for e in ((effect,) if effect else ()) + also if e.metric == clearest.metric), None)
    if same is not None and row.real:
        row.agrees = (same.interval[1] > 0) == (clearest.interval[1] > 0)


def table(rows: list[Row]) -> str:
    """The rows as markdown."""
    lines = [
        "| pair | rule | steps | twin minus bug (interval) | cure's effect (interval) | verdict | sign |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        sign = {True: "agrees", False: "differs", None: ""}[row.agrees]
        damage = f"{row.metric} {_spoken(row.damage)}" if row.damage else "not measured"
        proof = f"{row.proof_metric} {_spoken(row.proof)}" if row.proof else row.reason
        real = "" if row.real or not row.damage else " (none measurable)"
        lines.append(f"| {row.name} | {row.rule} | {row.steps} | {damage}{real} | {proof} | {row.verdict} | {sign} |")
    return "\n".join(lines)


def _spoken(interval) -> str:
    low, mid, high = interval
    return f"{mid:+.3f} ({low:+.3f} .. {high:+.3f})"


def main() -> None:
    """Measure, print as it goes, and sum up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = []
    for pair in pairs():
        if options.only and not any(word in str(pair.bad) for word in options.only):
            continue
        rows.append(measure(pair, options.seeds))
        print(json.dumps(asdict(rows[-1])), flush=True)
        if options.json:
            options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1))
    judged = [row for row in rows if row.real and row.agrees is not None]
    print(table(rows))
    print(f"{sum(row.agrees for row in judged)} of {len(judged)} pairs with real damage: the sign agrees")


if __name__ == "__main__":
    main()
