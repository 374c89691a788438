"""What a deep look will run, and what that costs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from wellfit.deep.procedure import AS_IS, Procedure, Variant

MOST_STEPS = 300
"""Optimizer steps of a trial run: a batch is learned by heart within them, and small scripts need seconds."""

FEWEST_STEPS = 4
"""Steps below which nothing can be trained, held still and asked."""

SCORED_SHARE = 10
"""One step in so many asks the weights that training left behind."""

SHORTEST_RUN_S = 1.0
"""Seconds that a trial run is expected to take at least, its own imports included."""


@dataclass(frozen=True, slots=True)
class DeepPlan:
    """The trial runs of a deep look.

    Args:
        procedures: in their order.
        train_steps: optimizer steps of each run that train.
        score_steps: further steps with the weights held still.
        run_s: seconds that one run is expected to take.
        to_the_end: the script makes no more steps than these: nothing stops it, so that what follows its training
            is seen as well.
    """

    procedures: tuple[Procedure, ...]
    train_steps: int
    score_steps: int
    run_s: float
    to_the_end: bool

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The different runs of all procedures; the unchanged one is always among them, and the first."""
        asked = (variant for procedure in self.procedures for variant in procedure.variants)
        return tuple(dict.fromkeys((AS_IS, *asked)))

    @property
    def listens(self) -> tuple[str, ...]:
        """Names of the events that the unchanged run must hold."""
        return tuple(dict.fromkeys(kind.__name__ for procedure in self.procedures for kind in procedure.listens))

    @property
    def expected_s(self) -> float:
        """Seconds that all runs are expected to take."""
        return len(self.variants) * self.run_s


def choose_procedures(procedures: Sequence[Procedure], wanted: Collection[str]) -> tuple[Procedure, ...]:
    """Those that write an event which a chosen rule reads.

    Args:
        procedures: all there are.
        wanted: names of the events that the chosen rules read.
    """
    return tuple(p for p in procedures if any(kind.__name__ in wanted for kind in p.writes))


def make_plan(procedures: tuple[Procedure, ...], *, steps: int, elapsed_s: float, budget_s: float) -> DeepPlan | None:
    """Fit the runs into the budget by making them shorter; beyond that, the deadline ends them.

    Args:
        procedures: to run.
        steps: optimizer steps that the watched run made; a trial makes no more.
        elapsed_s: seconds that it took.
        budget_s: seconds for all runs.

    Returns:
        None where the script is too short to try anything.
    """
    total = min(steps, MOST_STEPS)
    if total < FEWEST_STEPS:
        return None
    plan = _of_length(procedures, total, steps, elapsed_s)
    if plan.expected_s > budget_s:
        shorter = int(total * budget_s / plan.expected_s)
        plan = _of_length(procedures, min(total, max(FEWEST_STEPS, shorter)), steps, elapsed_s)
    return plan


def _of_length(procedures: tuple[Procedure, ...], total: int, steps: int, elapsed_s: float) -> DeepPlan:
    scored = max(2, total // SCORED_SHARE)
    run_s = max(SHORTEST_RUN_S, elapsed_s * total / steps)
    return DeepPlan(procedures, total - scored, scored, run_s, to_the_end=total == steps)
