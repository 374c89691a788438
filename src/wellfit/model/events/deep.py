"""Events of `wellfit check --deep`: what each procedure saw, or why it saw nothing."""

from dataclasses import dataclass
from typing import Literal

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class ProcedureRefused:
    """A procedure could not look.

    Args:
        procedure: its name.
        evidence: names of the events that it would have written.
        reason: in words.
    """

    procedure: str
    evidence: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class StepHashed:
    """What went into one optimizer step of a trial run, as hashes that two runs are compared by.

    Args:
        step: optimizer steps before it.
        weights: of all models, before the step's first training call; None in most steps, for it is dear.
        inputs: of everything that the models were called with.
        rows: hashes of the first samples, one each.
        targets: of everything that losses were called with; None where no loss function was.
        generators: states of the global random generators before the step's first training call.
        loss: as a hexadecimal float; None where it could not be read.
        place: the line of the step's first training call.
        device: of what the models were called with, such as "cpu".
    """

    step: int
    weights: str | None
    inputs: str
    rows: tuple[str, ...]
    targets: str | None
    generators: str
    loss: str | None
    place: Place | None
    device: str


@dataclass(frozen=True, slots=True)
class SeedSet:
    """The program seeded a generator.

    Args:
        function: as the user writes it, such as `torch.manual_seed`.
        value: the seed; None where the operating system's entropy is asked for one.
    """

    function: str
    value: str | None
    place: Place | None


Source = Literal["start", "inputs", "targets", "generators", "loss", "update", "steps"]
"""What two runs first differed in: the weights before the first step, what the models or the losses were given, the
states of the random generators, the loss from equal ingredients, what a step made of equal losses, or their number."""


@dataclass(frozen=True, slots=True)
class RunsCompared:
    """Two trial runs of the unchanged script, under equal seeds.

    Args:
        steps: optimizer steps of each that were compared.
        first: what differed first; None where the runs are equal to the last bit.
        step: at which optimizer step; None where they are equal.
        shared_rows: share of the samples of the one run that the other saw as well; None where none were seen.
        seeds: lines that seeded differently in the two runs, or from the operating system's entropy, with the two
            seeds of the first time.
        place: the line at which the difference was seen.
        device: of what the models were called with, such as "cpu".
    """

    steps: int
    first: Source | None
    step: int | None
    shared_rows: float | None
    seeds: tuple[tuple[SeedSet, SeedSet], ...]
    place: Place | None
    device: str
