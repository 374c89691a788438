"""Two runs side by side."""

from dataclasses import dataclass
from typing import Any, Literal

from wellfit.model.record import RunRecord
from wellfit.model.report import Curve

Verdict = Literal["better", "worse", "tie", "equal", "unknown"]
"""Of the second run against the first. `equal`: to the last bit. `tie`: within the noise from seed to seed."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same.

    Args:
        what: its name: an option, a package, `commit`.
        first: in the first run; None where it lacks it.
        second: in the second run.
    """

    what: str
    first: Any
    second: Any


@dataclass(frozen=True, slots=True)
class MetricCompared:
    """One metric of both.

    Args:
        name: of the metric.
        first: its best value in the first run; None where that lacks it.
        second: in the second.
        verdict: of the second against the first.
        noise: from seed to seed, as a standard deviation; None where nobody has measured it.
    """

    name: str
    first: float | None
    second: float | None
    verdict: Verdict
    noise: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs side by side.

    Args:
        first: the one that is compared with.
        second: the one that is compared.
        code: commit, branch, and whether the patches are the same.
        options: of the script.
        environment: packages, Python, machine.
        data: whether the first batches are the same.
        metrics: all of both.
        curves: of each metric that both or one has, the first run's before the second's.
        patches: what each one's code has beyond its commit, as text; empty where it has nothing, or nothing was kept.
        notes: what could not be compared, a sentence each.
    """

    first: RunRecord
    second: RunRecord
    code: tuple[Difference, ...]
    options: tuple[Difference, ...]
    environment: tuple[Difference, ...]
    data: tuple[Difference, ...]
    metrics: tuple[MetricCompared, ...]
    curves: tuple[tuple[str, tuple[Curve, ...]], ...] = ()
    patches: tuple[str, str] = ("", "")
    notes: tuple[str, ...] = ()
