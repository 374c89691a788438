"""Tuning regularizers together or one at a time: procedures replayed on tables of every setting, at equal trainings.

python benchmarks/joint_tasks.py --all                                  # the tables, where they are missing
python benchmarks/joint_tuning.py --results one.json                    # replay and report
python benchmarks/joint_tuning.py --results mean.json --without-noise   # the search's own regret

The design was written down before any result: see docs/benchmarks-tuning.md.
"""

import argparse
import itertools
import json
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from joint_procedures import ORDERS, PROCEDURES, SLOW, Maker, Training, one_pass
from joint_stopping import STOPPING, WITH_A_MODEL
from joint_tasks import RUNGS, TASKS, Table, file_of, kept
from scipy.stats import wilcoxon

BUDGETS = (8, 16, 32, 64)
START = (2, 0, 0, 0)
"""The user's own setting: the middle rate, no regularizer."""

MOST_ASKED = 20
"""Times as many questions as trainings: a procedure that only asks for what it knows has come to its end."""


LAST = len(RUNGS) - 1

TOLERANCE = 1e-6
"""Whole trainings by which sums of shares may be off."""


@dataclass(frozen=True)
class Outcome:
    """Excess of the chosen setting's test loss over the table's best, by replay, for one budget."""

    task: str
    procedure: str
    budget: int
    excess: list[float]

    @property
    def median(self) -> float:
        return float(np.median(self.excess))

    @property
    def p90(self) -> float:
        return float(np.quantile(self.excess, 0.9))


def without_noise(table: Table) -> Table:
    """One seed whose validation loss is the mean of all, and judges, too: what is left is the search's own regret."""
    mean = table.validation.mean(1, keepdims=True)
    return Table(table.name, table.space, mean, mean[:, :, -1], table.shares)


def replay(table: Table, made: Maker, replays: int, seed: int) -> dict[int, list[float]]:
    """Choose on the validation loss of one seed, judge by the test loss of the other seeds."""
    found: dict[int, list[float]] = {budget: [] for budget in BUDGETS}
    for number in range(replays):
        random = np.random.default_rng([seed, number])
        shown = number % table.test.shape[1]
        judged = (np.delete(table.test, shown, 1) if table.test.shape[1] > 1 else table.test).mean(1)
        judged = np.where(np.isfinite(judged), judged, np.nanmax(judged[np.isfinite(judged)]))
        for budget, chosen in choices(table, made, shown, random).items():
            found[budget].append(float(judged[chosen] / judged.min() - 1))
    return found


def choices(table: Table, made: Maker, shown: int, random: np.random.Generator) -> dict[int, int]:
    """The setting that a procedure would name after each budget, in whole trainings."""
    losses, procedure = table.validation[:, shown], made(table.shape, START, random)
    whole: dict[int, float] = {}
    named: dict[int, int] = {}
    trained: dict[int, float] = {}
    spent, asked = 0.0, next(procedure)
    for _ in range(MOST_ASKED * BUDGETS[-1]):
        setting, rung = asked if isinstance(asked, Training) else (asked, LAST)
        place = int(np.ravel_multi_index(setting, table.shape))
        cost = max(0.0, table.shares[rung] - trained.get(place, 0.0))
        over = [budget for budget in BUDGETS if spent + cost > budget + TOLERANCE and budget not in named]
        named |= {budget: min(whole, key=whole.__getitem__) for budget in over}
        if BUDGETS[-1] in named:
            return named
        spent, trained[place] = spent + cost, trained.get(place, 0.0) + cost
        if rung == LAST:
            whole[place] = losses[place, LAST]
        try:
            asked = procedure.send(losses[place, rung])
        except StopIteration:
            break
    best = answer_of(made, whole, place)
    return {budget: named.get(budget, best) for budget in BUDGETS}


def answer_of(made: Maker, seen: dict[int, float], last: int) -> int:
    """What is named at the end: the best one seen; of stacked winners the stack, which is what that advice means."""
    return last if made is PROCEDURES["stacked winners, rate fixed"] else min(seen, key=seen.__getitem__)


def of_task(table: Table, replays: int, slow_replays: int) -> list[Outcome]:
    outcomes = []
    for name, made in (PROCEDURES | STOPPING).items():
        found = replay(table, made, slow_replays if name in SLOW | WITH_A_MODEL.keys() else replays, seed=1)
        outcomes += [Outcome(table.name, name, budget, excess) for budget, excess in found.items()]
    passes = [replay(table, one_pass(order), table.test.shape[1], seed=2) for order in ORDERS]
    for budget in BUDGETS:
        by_order = [found[budget] for found in passes]
        outcomes.append(Outcome(table.name, "one pass, all orders", budget, [e for o in by_order for e in o]))
        for name, pick in (("one pass, best order", min), ("one pass, worst order", max)):
            outcomes.append(Outcome(table.name, name, budget, pick(by_order, key=np.median)))
    return outcomes


@dataclass(frozen=True)
class Interaction:
    """How far a table is from a sum of its axes."""

    task: str
    share: float
    marginal_rank: float
    nothing: float
    stack: float


def interaction(table: Table) -> Interaction:
    """Of the log of the mean validation loss; a marginal winner takes the best level of each axis by its mean."""
    losses = table.validation[:, :, -1].mean(1)
    losses = np.where(np.isfinite(losses), losses, losses[np.isfinite(losses)].max())
    logs = np.log(losses).reshape(table.shape)
    centred = logs - logs.mean()
    axes = range(len(table.shape))
    means = [centred.mean(tuple(a for a in axes if a != axis), keepdims=True) for axis in axes]
    share = 1 - sum(float((m**2).mean()) for m in means) / float((centred**2).mean())
    marginal = tuple(int(m.argmin()) for m in means)
    rank = float((logs < logs[marginal]).mean())
    judged = table.test.mean(1)
    alone = START
    for axis in axes:
        if axis:
            line = [logs[(*START[:axis], level, *START[axis + 1 :])] for level in range(table.shape[axis])]
            alone = (*alone[:axis], int(np.argmin(line)), *alone[axis + 1 :])
    at = [float(judged[np.ravel_multi_index(s, table.shape)] / judged.min() - 1) for s in (START, alone)]
    return Interaction(table.name, share, rank, *at)


def medians(outcomes: list[Outcome], statistic: str) -> list[str]:
    """One row for each procedure: the median over tasks of a statistic over replays."""
    rows = []
    for name in dict.fromkeys(o.procedure for o in outcomes):
        cells = []
        for budget in BUDGETS:
            values = [getattr(o, statistic) for o in outcomes if (o.procedure, o.budget) == (name, budget)]
            cells.append(f"{100 * statistics.median(values):.1f} %")
        rows.append(f"| {name} | {' | '.join(cells)} |")
    return [f"| {statistic} | {' | '.join(str(b) for b in BUDGETS)} |", "|---|---|---|---|---|", *rows]


def value(outcomes: list[Outcome], task: str, procedure: str, budget: int) -> Outcome:
    return next(o for o in outcomes if (o.task, o.procedure, o.budget) == (task, procedure, budget))


def claims(outcomes: list[Outcome], tasks: list[str]) -> list[str]:
    """The two registered claims, and how many tasks hold them."""
    lines = []
    for model in ("TPE joint", "GP joint", *STOPPING):
        for order in ("one pass, all orders", "one pass, best order"):
            held = [value(outcomes, t, model, 16).median <= value(outcomes, t, order, 16).median + 1e-9 for t in tasks]
            lines.append(f"- {model}, median at 16, at most that of {order}: {sum(held)} of {len(tasks)} tasks")
        rival = "coordinate descent, random starts"
        held = [value(outcomes, t, model, 32).p90 <= value(outcomes, t, rival, 32).median + 1e-9 for t in tasks]
        lines.append(f"- {model}, p90 at 32, at most coordinate descent's median: {sum(held)} of {len(tasks)} tasks")
    return lines


def paired(outcomes: list[Outcome], tasks: list[str]) -> list[str]:
    """Wilcoxon's signed ranks over tasks, of means over replays."""
    pairs = [
        (a, b, budget)
        for a in ("TPE joint", "GP joint", "random joint", *STOPPING)
        for b in ("coordinate descent, random starts", "one pass, all orders", "random joint", "TPE joint")
        if a != b
        for budget in BUDGETS
    ]
    lines = ["| better | than | trainings | tasks won | p |", "|---|---|---|---|---|"]
    for a, b, budget in pairs:
        means = [[float(np.mean(value(outcomes, t, name, budget).excess)) for t in tasks] for name in (a, b)]
        won = sum(x < y for x, y in zip(*means, strict=True))
        p = wilcoxon(*means).pvalue if any(x != y for x, y in zip(*means, strict=True)) else 1.0
        lines.append(f"| {a} | {b} | {budget} | {won} of {len(tasks)} | {p:.3f} |")
    return lines


def by_task(outcomes: list[Outcome], interactions: list[Interaction]) -> list[str]:
    names = ("one pass, all orders", "coordinate descent, random starts", "random joint", "TPE joint", "GP joint")
    names += tuple(STOPPING)
    lines = [
        "| task | interaction | nothing | stack | " + " | ".join(names) + " |",
        "|---" * (4 + len(names)) + "|",
    ]
    for i in interactions:
        cells = [
            f"{100 * value(outcomes, i.task, n, 32).median:.1f} [{100 * value(outcomes, i.task, n, 32).p90:.1f}]"
            for n in names
        ]
        lines.append(f"| {i.task} | {i.share:.0%} | {i.nothing:.0%} | {i.stack:.0%} | {' | '.join(cells)} |")
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replays", type=int, default=1000)
    parser.add_argument("--slow-replays", type=int, default=100, help="of what asks a model")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--without-noise", action="store_true", help="see and judge by the mean over seeds")
    parser.add_argument("--results", type=Path, required=True, help="file that outcomes are kept in")
    options = parser.parse_args()
    tables = [kept(task) for task in TASKS if file_of(task.name).exists()]
    outcomes = replayed([without_noise(t) for t in tables] if options.without_noise else tables, options)
    tasks, interactions = [t.name for t in tables], [interaction(t) for t in tables]
    report = [
        *medians(outcomes, "median"), "", *medians(outcomes, "p90"), "", *claims(outcomes, tasks), "",
        *paired(outcomes, tasks), "", *by_task(outcomes, interactions), "",
        f"interaction share, median: {statistics.median(i.share for i in interactions):.0%}",
        f"best levels by mean in the joint top 5 %: {sum(i.marginal_rank <= 0.05 for i in interactions)} tasks",
    ]  # fmt: skip
    print("\n".join(report))


def replayed(tables: list[Table], options: argparse.Namespace) -> list[Outcome]:
    """Outcomes of all tables; those that the file of results has are not computed again."""
    held = json.loads(options.results.read_text(encoding="utf-8")) if options.results.exists() else {}
    missing = [table for table in tables if table.name not in held]
    counts = itertools.repeat(options.replays), itertools.repeat(options.slow_replays)
    with ProcessPoolExecutor(options.workers) as pool:
        for table, outcomes in zip(missing, pool.map(of_task, missing, *counts), strict=True):
            held[table.name] = [asdict(o) | {"excess": [round(e, 4) for e in o.excess]} for o in outcomes]
            options.results.write_text(json.dumps(held), encoding="utf-8")
    return [Outcome(**outcome) for table in tables for outcome in held[table.name]]


if __name__ == "__main__":
    main()
