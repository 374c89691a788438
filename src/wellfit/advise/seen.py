"""What one optimizer of the run does, as far as a few of its steps show."""

from dataclasses import dataclass, field
from typing import Any

from wellfit.advise.settings import Setup
from wellfit.model.place import Place
from wellfit.recipes.detect import Detection
from wellfit.recipes.pretrained import Trained

SAME_NORM = 1e-4
"""Relative: norms of gradients that agree to this were cut to one length; clipping itself rounds by 1e-6 of it."""


@dataclass
class Data:
    """The loader that the steps are fed from.

    Args:
        batches: in one pass; None where it does not say.
        samples: in its data set; None where that does not say.
        batch_size: None where it does not say.
        passes: begun so far.
    """

    batches: int | None
    samples: int | None
    batch_size: int | None
    passes: int = 1


@dataclass(frozen=True)
class Loss:
    """A loss function of torch that gradients come from.

    Args:
        function: its public name.
        shape: of what it is given.
        smoothing: share of the label that goes to all classes; None where it takes none.
    """

    function: str
    shape: tuple[int, ...]
    smoothing: float | None

    @property
    def is_plain(self) -> bool:
        """Cross-entropy of one row a sample, as the code to paste has it."""
        return self.function == "cross_entropy" and len(self.shape) == 2  # noqa: PLR2004 - rows and classes


@dataclass(frozen=True)
class Course:
    """The process as a whole.

    Args:
        step: optimizer steps of all optimizers.
        finished: the script ended by itself.
        data: the loader that fed the latest step; None where none was iterated.
    """

    step: int
    finished: bool
    data: Data | None


@dataclass
class Scheduler:
    """A scheduler of this optimizer, the latest that was made.

    Args:
        kind: its class.
        length: its calls in the whole run, as it was told; None where it was not.
        first: its counter when it was made; above 0 where a run is resumed.
        advances: how often it was stepped.
    """

    kind: str
    length: int | None
    first: int
    advances: int = 0


@dataclass(frozen=True)
class Aside:
    """A training that the recipe is not for: its model is the smaller, or its optimizer holds less of it.

    Args:
        model: class of the model.
        parameters: numbers in it.
        optimizer: class.
    """

    model: str
    parameters: int
    optimizer: str


@dataclass
class Training:
    """An optimizer and the largest model that it trains.

    Args:
        index: of the optimizer.
        setup: how it stood at its first step.
        made_at: the user's line that constructed it.
        model: class of the model.
        others: further models among whose parameters it holds some.
        found: what the model was taken for.
        trained: whether its weights were trained before this run.
        rates: of the first group at each step.
        norms: of all its gradients at each step, after any clipping.
        peaks: largest absolute gradient at each step.
        backwards: passes before each step.
        rows: of the first input, in the latest call of the model.
        loops: rounds of the loops around its step.
        named: names that the code around the step uses.
        told: steps of the whole run, as the trainer of a framework has them; None where none owns the loop.
        scheduler: the latest that was made for it; None where none was.
        loss: the latest of the process.
        alone: no other optimizer steps.
    """

    index: int
    setup: Setup
    made_at: Place | None
    model: str
    others: int
    found: Detection
    trained: Trained
    rates: list[float] = field(default_factory=list)
    norms: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    backwards: list[int] = field(default_factory=list)
    rows: int | None = None
    loops: tuple[int | None, ...] = ()
    named: frozenset[str] = frozenset()
    told: int | None = None
    scheduler: Scheduler | None = None
    loss: Loss | None = None
    alone: bool = True

    @property
    def parameters(self) -> int:
        """Numbers in the model."""
        return self.found.structure.numbers

    @property
    def passes_a_step(self) -> int:
        """Backward passes before a step: more than one where gradients are accumulated, or other models train."""
        return max(1, sorted(self.backwards)[len(self.backwards) // 2]) if self.backwards and self.alone else 1

    @property
    def clip(self) -> str:
        """Clipping in words."""
        for values, what in ((self.norms, "norm"), (self.peaks, "value")):
            most = max(values, default=0.0)
            at_most = [value for value in values if most - value <= SAME_NORM * most]
            if most > 0 and len(at_most) > 1:
                return f"{what} {most:.3g}"
        if any(name.startswith("clip_grad") for name in self.named):
            return "in the code; did not act in these steps"
        return "none seen"

    @property
    def schedule(self) -> str:
        """The scheduler's class, or what the rate does without one."""
        if self.scheduler is not None:
            return self.scheduler.kind
        return "set by the loop" if len(set(self.rates)) > 1 else "none seen"

    @property
    def warmup(self) -> str:
        """Whether the rate rises at the start."""
        rises = len(self.rates) > 1 and self.rates[-1] > self.rates[0]
        return f"rises in the first {len(self.rates)} steps" if rises else "none seen"


def plain_length(thing: Any) -> int | None:
    """A length, where there is one."""
    try:
        return len(thing)
    except (TypeError, NotImplementedError):
        return None
