"""Events of the run itself: its start, its course, its end."""

from dataclasses import dataclass

from wellfit.model.place import Place
from wellfit.model.run import Started


@dataclass(frozen=True, slots=True)
class Armed:
    """First line of every log: torch was imported and the seams are in place."""

    schema: int
    wellfit: str
    python: str
    torch: str
    script: str
    pid: int
    rank: int
    world_size: int
    device: str
    started: Started | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Totals so far, written at steps that grow geometrically and at the end; the last one counts.

    Args:
        steps: optimizer steps, all optimizers together.
        sampled_steps: of these, looked at in full.
    """

    steps: int
    sampled_steps: int
    iterations: int
    backwards: int
    training_forwards: int
    evaluation_forwards: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class Tracked:
    """A stretch of the curves.

    Args:
        steps: optimizer steps at which the values were read, rising.
        losses: the tensor that backward was called on; summed to a scalar where it has several elements.
        rates: learning rate of the first parameter group of the optimizer that stepped.
    """

    steps: tuple[int, ...]
    losses: tuple[float, ...]
    rates: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ProbeBroke:
    """A probe raised and was turned off; the training went on."""

    probe: str
    error: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class SteppedAside:
    """Something of the user's program made part of the watching step aside."""

    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ended:
    """The process ended by itself; a log without it was cut short.

    Args:
        how: "exit", "budget" (the step budget was reached) or "exception".
    """

    how: str
    error: str | None = None
