"""In how many rounds should a search of trials at once ask for them? Replays on the tables of `joint_tasks.py`.

Settings come from the model of wellfit's own batches, behind the user's setting and eight even points. What counts is
the excess of the named setting, the one with the lowest validation loss of one seed: its test loss, meaned over the
other seeds, over the lowest such mean. Without noise the mean over seeds is shown and judges.

    python benchmarks/joint_tasks.py --all   # the tables, where they are missing
    python benchmarks/fused_rounds.py        # a few minutes
"""

import argparse
import math
from collections.abc import Callable, Mapping

import numpy as np
from joint_tasks import TASKS, Table, kept

from wellfit.model.knob import Knob
from wellfit.model.study import StudyPlan, TrialSeen
from wellfit.tune.samplers.draw import Ranking, draw
from wellfit.tune.samplers.points import even_points
from wellfit.tune.samplers.sampling import EXPLORED

WAYS = {
    "one by one behind 9": lambda n: [9] + [1] * (n - 9),
    "9, then quarters": lambda n: [9, *parts(n - 9, n // 4)],
    "four": lambda n: parts(n, -(-n // 4)),
    "three": lambda n: parts(n, -(-n // 3)),
    "two": lambda n: parts(n, -(-n // 2)),
    "one": lambda n: [n],
}
CAPPED = 3.0
"""An excess counts as no more than that: some settings fail."""


def parts(count: int, size: int) -> list[int]:
    return [min(size, count - at) for at in range(0, count, size)]


class Replay:
    """One search on a table.

    Args:
        table: of a task.
        losses: shown to the search, by setting.
        trials: of the search.
        seed: of the search.
    """

    def __init__(self, table: Table, losses: np.ndarray, trials: int, seed: int) -> None:
        self._shape, self._losses, self._names = table.shape, losses, list(table.space)
        sides = zip(self._names, self._shape, strict=True)
        knobs = tuple(Knob(name, low=0, high=levels - 1, integer=True) for name, levels in sides)
        self._plan = StudyPlan("", (), "", "", knobs, "val_loss", higher_is_better=False, trials=trials, seed=seed)
        self._ranking, self._tried = Ranking(self._plan), []

    def named(self, rounds: list[int]) -> int:
        """The setting with the lowest loss."""
        rng = np.random.default_rng(self._plan.seed)
        own = dict.fromkeys(self._names, 0) | {"lr": 2}
        first = [own, *even_points(self._plan.knobs, EXPLORED, self._plan.seed)]
        for count in rounds:
            batch, first = first[:count], first[count:]
            if len(batch) < count:
                batch += draw(self._plan, self._ranking, (), count - len(batch), rng)
            for trial in [self._trial(values) for values in batch]:
                self._ranking.put(trial)
        return min(self._tried, key=lambda place: self._losses[place])

    def _trial(self, values: Mapping[str, float]) -> TrialSeen:
        self._tried.append(int(np.ravel_multi_index([int(values[name]) for name in self._names], self._shape)))
        number, loss = len(self._tried) - 1, float(self._losses[self._tried[-1]])
        end, value = ("done", loss) if math.isfinite(loss) else ("diverged", None)
        return TrialSeen(number=number, slot=number, attempt=0, end=end, runs=False, values=values, value=value)


def excess(table: Table, rounds: list[int], repeat: int, *, noisy: bool) -> float:
    losses = table.validation[..., -1].reshape(-1, table.validation.shape[-2])
    tests = table.test.reshape(losses.shape)
    seed = repeat % losses.shape[1]
    shown, judging = losses.mean(1), losses.mean(1)
    if noisy:
        shown, judging = losses[:, seed], np.delete(tests, seed, 1).mean(1)
    named = Replay(table, shown, sum(rounds), repeat).named(rounds)
    return min(CAPPED, float(judging[named] / judging.min() - 1))


def line(way: Callable[[int], list[int]], options: argparse.Namespace, *, noisy: bool) -> str:
    rounds, repeats = way(options.trials), range(options.repeats)
    found = [[100 * excess(kept(task), rounds, repeat, noisy=noisy) for repeat in repeats] for task in TASKS]
    middle, high = (np.median([np.quantile(values, q) for values in found]) for q in (0.5, 0.9))
    return f"{middle:.2f} [{high:.2f}] | {np.mean(found):.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=60)
    options = parser.parse_args()
    print("| rounds | median [nine in ten], % | mean, % | without noise: median [nine in ten], % | mean, % |")
    print("|---|---|---|---|---|")
    for name, way in WAYS.items():
        print(f"| {name} | {line(way, options, noisy=True)} | {line(way, options, noisy=False)} |", flush=True)


if __name__ == "__main__":
    main()
