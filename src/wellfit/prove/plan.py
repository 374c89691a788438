"""What a proof will run: which cures, how many steps and seeds, and what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wellfit.model.cure import Cure

SEEDS = 3
"""Pairs of runs by default: the fewest whose spread says anything."""

MORE_SEEDS = 5
"""Pairs where equal seeds do not give equal runs, so that no run has a twin."""

MOST_STEPS = 240
"""Optimizer steps of a trial by default: most damage shows within them, and small scripts need seconds."""

FEWEST_STEPS = 8
"""Steps below which a run says nothing about how well it learns."""

ENOUGH_STEPS = 48
"""Steps that are kept, where the script makes so many, at the price of pairs: fewer show no damage, however often."""

SCORED_SHARE = 6
"""One step in so many scores: 200 steps train, 40 bring the batches that are scored."""

FEWEST_SCORED = 2
SHORTEST_RUN_S = 1.0
"""Seconds that a run is expected to take at least, its own imports included."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the watched run was.

    Args:
        steps: optimizer steps that it made.
        start_s: seconds until the first one was over, with torch imported: what each trial pays anew.
        stepping_s: seconds of those that followed.
    """

    steps: int
    start_s: float
    stepping_s: float

    @property
    def step_s(self) -> float:
        """Seconds of one more step."""
        return self.stepping_s / max(1, self.steps)


@dataclass(frozen=True, slots=True)
class Plan:
    """The runs of a proof.

    Args:
        cures: different ones, in the order of the findings.
        train_steps: optimizer steps of each run that train.
        score_steps: further steps whose batches are scored.
        seeds: pairs of runs for each cure.
        run_s: seconds that one run is expected to take.
        base: what is changed in the run that all others are compared with; nothing by default.
        changed: how a run that is no such run is spoken of.
    """

    cures: tuple[Cure, ...]
    train_steps: int
    score_steps: int
    seeds: int
    run_s: float
    base: tuple[Cure, ...] = ()
    changed: str = "cured"

    @property
    def variants(self) -> tuple[tuple[Cure, ...], ...]:
        """As is; each cure alone; all together, where there are several."""
        together = (self.cures,) if len(self.cures) > 1 else ()
        return (self.base, *((cure,) for cure in self.cures), *together)

    @property
    def runs(self) -> int:
        """How many runs that is: one more than the pairs, to see whether equal seeds give equal runs."""
        return self.seeds * len(self.variants) + 1

    @property
    def expected_s(self) -> float:
        """Seconds that all of them are expected to take."""
        return self.runs * self.run_s


def make_plan(cures: Sequence[Cure], pace: Pace, *, budget_s: float, seeds: int, most: int = MOST_STEPS) -> Plan | None:
    """Fit the runs into the budget: first fewer steps, then fewer pairs, which the deadline ends.

    Args:
        cures: of all findings; equal ones are tried once.
        pace: of the watched run; a trial makes no more steps than it did.
        budget_s: seconds for all trials.
        seeds: pairs of runs for each cure.
        most: optimizer steps of a run.

    Returns:
        None where there is nothing to try, or the script is too short to learn anything.
    """
    different = tuple(cure for number, cure in enumerate(cures) if cure not in cures[:number])
    total = min(pace.steps, most)
    if not different or total < FEWEST_STEPS:
        return None
    plans = (_of_length(different, total, pace, pairs, budget_s) for pairs in range(seeds, 0, -1))
    enough = min(total, ENOUGH_STEPS)
    plan = next((p for p in plans if p.train_steps + p.score_steps >= enough), None)
    return replace(plan or _of_length(different, total, pace, 1, budget_s), seeds=seeds)


def _of_length(cures: tuple[Cure, ...], total: int, pace: Pace, pairs: int, budget_s: float) -> Plan:
    """As many steps as the budget leaves to each run, where so many pairs share it."""
    whole = _with_steps(cures, total, pace, pairs)
    if whole.expected_s <= budget_s:
        return whole
    affordable = int((budget_s / whole.runs - pace.start_s) / pace.step_s) if pace.step_s else total
    return _with_steps(cures, max(FEWEST_STEPS, min(total, affordable)), pace, pairs)


def _with_steps(cures: tuple[Cure, ...], total: int, pace: Pace, pairs: int) -> Plan:
    scored = max(FEWEST_SCORED, total // SCORED_SHARE)
    return Plan(cures, total - scored, scored, pairs, max(SHORTEST_RUN_S, pace.start_s + pace.step_s * total))
