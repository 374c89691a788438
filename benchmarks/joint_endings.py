"""What TPE's search could do otherwise at its beginning or its end: on one half of the tasks, and on the other.

python benchmarks/joint_endings.py --replays 30

Half by half since whatever is chosen by looking at some tasks has to hold on others. Added after the registered result.
"""

import argparse
import itertools
from collections.abc import Callable

import numpy as np
from joint_procedures import LENGTHS, evidences, matern, tpe
from joint_tasks import TASKS, Table, kept
from joint_tuning import LAST, MOST_ASKED, START

BUDGETS = (16, 32)
NOISES = (1e-3, 1e-2, 3e-2, 1e-1, 3e-1)
REPEATS = (2, 4, 8)

Ending = Callable[[Table, list[int], int, int], int]
"""From the table, the order in which settings were trained, the seed shown and another: the setting that is named."""


def history(table: Table, shown: int, random: np.random.Generator, first: int) -> list[int]:
    """Settings in the order in which they are trained, none twice."""
    losses, procedure = table.validation[:, shown, LAST], tpe(table.shape, START, random, first)
    asked, order = next(procedure), dict[int, None]()
    for _ in range(MOST_ASKED * BUDGETS[-1]):
        place = int(np.ravel_multi_index(asked, table.shape))
        order[place] = None
        if len(order) == BUDGETS[-1]:
            break
        asked = procedure.send(losses[place])
    return list(order)


def lowest(table: Table, order: list[int], shown: int, _: int) -> int:
    return min(order, key=table.validation[:, shown, LAST].__getitem__)


def smoothed(table: Table, order: list[int], shown: int, _: int) -> int:
    """Where the mean of a Gaussian process is lowest, among the settings that were trained."""
    grid = np.array(list(itertools.product(*(range(n) for n in table.shape))), dtype=float)
    x, y = (grid / (np.array(table.shape) - 1))[order], np.log(table.validation[order, shown, LAST])
    y = (y - y.mean()) / (y.std() or 1.0)
    squares = (x[:, None] - x[None]) ** 2
    _, lengths, noise = max((fitted(squares, y, noise) for noise in NOISES), key=lambda f: f[0])
    kernel = matern(squares, lengths)
    return order[int(np.argmin(kernel @ np.linalg.solve(kernel + noise * np.eye(len(y)), y)))]


def fitted(squares: np.ndarray, y: np.ndarray, noise: float) -> tuple[float, np.ndarray, float]:
    lengths = np.full(squares.shape[-1], 0.6)
    for axis in range(len(lengths)):
        tried = np.tile(lengths, (len(LENGTHS), 1))
        tried[:, axis] = LENGTHS
        scores = evidences(squares, y, tried, noise)
        lengths = tried[int(np.argmax(scores))]
    return float(scores.max()), lengths, noise


def repeated(count: int) -> Ending:
    """The last trainings repeat the leading settings with another seed; the lowest mean of the log loss is named."""

    def named(table: Table, order: list[int], shown: int, other: int) -> int:
        losses = table.validation[:, :, LAST]
        leading = sorted(order[:-count], key=losses[:, shown].__getitem__)[:count]
        return min(leading, key=(losses[:, shown] * losses[:, other]).__getitem__)

    return named


ENDINGS: dict[str, tuple[int, Ending]] = {
    "as it is": (8, lowest),
    **{f"{count} repeats": (8, repeated(count)) for count in REPEATS},
    "mean of a Gaussian process": (8, smoothed),
    "4 points at first": (4, lowest),
    "12 points at first": (12, lowest),
}


def excesses(table: Table, replays: int) -> dict[tuple[str, int], list[float]]:
    """By ending and budget; judged by the seeds that no ending has seen."""
    found: dict[tuple[str, int], list[float]] = {}
    seeds = table.test.shape[1]
    for number in range(replays):
        shown = number % seeds
        orders = {f: history(table, shown, np.random.default_rng([1, number]), f) for f, _ in ENDINGS.values()}
        for other in (seed for seed in range(seeds) if seed != shown):
            judged = np.delete(table.test, [shown, other], 1).mean(1)
            for (name, (first, ending)), budget in itertools.product(ENDINGS.items(), BUDGETS):
                place = ending(table, orders[first][:budget], shown, other)
                found.setdefault((name, budget), []).append(float(judged[place] / judged.min() - 1))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replays", type=int, default=30)
    options = parser.parse_args()
    found = [excesses(kept(task), options.replays) for task in TASKS]
    print("| trainings | ending | better by mean, first half | second half | better by p90 | second half |")
    print("|---" * 6 + "|")
    for budget, name in itertools.product(BUDGETS, [n for n in ENDINGS if n != "as it is"]):
        cells = []
        for measure in (np.mean, lambda e: np.quantile(e, 0.9)):
            for half in (found[::2], found[1::2]):
                pairs = [(measure(f[name, budget]), measure(f["as it is", budget])) for f in half]
                cells.append(f"{sum(a < b for a, b in pairs)}, worse {sum(a > b for a, b in pairs)}")
        print(f"| {budget} | {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
