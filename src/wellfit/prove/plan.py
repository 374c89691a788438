"""What a proof will run: which cures, how many steps and seeds, and what that costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from wellfit.model.cure import Cure

SEEDS = 3
"""Pairs of runs by default: the fewest whose spread says anything."""

MORE_SEEDS = 5
"""Pairs where equal seeds do not give equal runs, so that no run has a twin."""

MOST_STEPS = 240
"""Optimizer steps of a trial by default: most damage shows within them, and small scripts need seconds."""

FEWEST_STEPS = 8
"""Steps below which a run says nothing about how well it learns."""

SCORED_SHARE = 6
"""One step in so many scores: 200 steps train, 40 bring the batches that are scored."""

FEWEST_SCORED = 2
SHORTEST_RUN_S = 1.0
"""Seconds that a run is expected to take at least, its own imports included."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The runs of a proof.

    Args:
        cures: different ones, in the order of the findings.
        train_steps: optimizer steps of each run that train.
        score_steps: further steps whose batches are scored.
        seeds: pairs of runs for each cure.
        run_s: seconds that one run is expected to take.
    """

    cures: tuple[Cure, ...]
    train_steps: int
    score_steps: int
    seeds: int
    run_s: float

    @property
    def variants(self) -> tuple[tuple[Cure, ...], ...]:
        """As is; each cure alone; all together, where there are several."""
        together = (self.cures,) if len(self.cures) > 1 else ()
        return ((), *((cure,) for cure in self.cures), *together)

    @property
    def runs(self) -> int:
        """How many runs that is: one more than the pairs, to see whether equal seeds give equal runs."""
        return self.seeds * len(self.variants) + 1

    @property
    def expected_s(self) -> float:
        """Seconds that all of them are expected to take."""
        return self.runs * self.run_s


def make_plan(cures: Sequence[Cure], *, steps: int, elapsed_s: float, budget_s: float, seeds: int) -> Plan | None:
    """Fit the runs into the budget: first fewer steps, then it is the deadline that ends them.

    Args:
        cures: of all findings; equal ones are tried once.
        steps: optimizer steps that the watched run made; a trial makes no more.
        elapsed_s: seconds that it took.
        budget_s: seconds for all trials.
        seeds: pairs of runs for each cure.

    Returns:
        None where there is nothing to try, or the script is too short to learn anything.
    """
    different = tuple(cure for number, cure in enumerate(cures) if cure not in cures[:number])
    total = min(steps, MOST_STEPS)
    if not different or total < FEWEST_STEPS:
        return None
    plan = _of_length(different, total, steps, elapsed_s, seeds)
    if plan.expected_s > budget_s:
        shorter = max(FEWEST_STEPS, int(total * budget_s / plan.expected_s))
        plan = _of_length(different, min(total, shorter), steps, elapsed_s, seeds)
    return plan


def _of_length(cures: tuple[Cure, ...], total: int, steps: int, elapsed_s: float, seeds: int) -> Plan:
    scored = max(FEWEST_SCORED, total // SCORED_SHARE)
    run_s = max(SHORTEST_RUN_S, elapsed_s * total / steps)
    return Plan(cures, total - scored, scored, seeds, run_s)
