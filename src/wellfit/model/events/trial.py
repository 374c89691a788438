"""Events of trial runs: what was changed, and how well the model answers."""

from dataclasses import dataclass

from wellfit.model.place import CallSite, Place
from wellfit.model.score import Score


@dataclass(frozen=True, slots=True)
class TrialStepped:
    """An optimizer stepped in a trial run.

    Args:
        step: optimizer steps before it.
        loss: of the latest backward pass; None where it could not be read.
        proper: mean proper loss of the answers behind it, comparable between a run and its cured twin; None where no
            answers reached a loss function.
    """

    step: int
    loss: float | None
    proper: float | None


@dataclass(frozen=True, slots=True)
class Scored:
    """Answers of the model with its weights held still, in evaluation mode, pooled over the whole of that phase.

    Args:
        place: the user's line that holds the answers against the targets.
        score: of all of them.
        other_way: the same answers with the cure of an evaluation bug; None elsewhere.
    """

    place: Place | None
    score: Score
    other_way: Score | None = None


@dataclass(frozen=True, slots=True)
class Intervened:
    """What became of one cure.

    Args:
        intervention: its name.
        times: how often it changed something.
        refusal: why it could not, in words; None where it could.
        changes_loss: the script's own loss has another scale afterwards, so that only the proper loss compares.
        places: the user's lines at which it changed something, where the intervention notes them; the first few.
    """

    intervention: str
    times: int
    refusal: str | None
    changes_loss: bool
    places: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class InputsChanged:
    """Where the program calls models that were given something else.

    Args:
        sites: calls in the user's own code, each once; the first few.
        elsewhere: some were called by a library.
    """

    sites: tuple[CallSite, ...]
    elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class TrialEnded:
    """What two runs under equal seeds must share, and where one arrived.

    Args:
        start: hash of the parameters at the first training call.
        first_batch: hash of the first batch; None where it could not be read.
        weights: hash of all parameters and buffers at the end of training, before anything was scored.
        trained: optimizer steps that trained.
    """

    start: str | None
    first_batch: str | None
    weights: str | None
    trained: int


@dataclass(frozen=True, slots=True)
class WriteRefused:
    """The script tried to change something outside its copy, and was kept from it."""

    path: str
