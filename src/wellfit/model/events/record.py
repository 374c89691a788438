"""Events of a recorded run: its options, how its generators stood, its first batches, its metrics."""

from dataclasses import dataclass

from wellfit.model.knob import Knob, Value
from wellfit.model.option import DeclaredOption
from wellfit.model.record import Option

VALIDATION_LOSS, VALIDATION_ACCURACY = "val_loss", "val_accuracy"
"""Names of what the script's evaluations come to, where it gives no metrics of these names itself."""


@dataclass(frozen=True, slots=True)
class OptionsParsed:
    """The script has parsed its options, or made a configuration.

    Args:
        options: with their values.
        declared: what its parsers take.
    """

    options: tuple[Option, ...]
    declared: tuple[DeclaredOption, ...] = ()


@dataclass(frozen=True, slots=True)
class ParamsDeclared:
    """What the script declares by `wellfit.params`.

    Args:
        knobs: that may be moved.
        defaults: by name.
    """

    knobs: tuple[Knob, ...]
    defaults: dict[str, Value]


@dataclass(frozen=True, slots=True)
class TrainingBegan:
    """The first training forward is about to run.

    Args:
        seeds: by generator, where it says which: `torch`.
        states: hash by generator.
        deterministic: torch keeps to deterministic algorithms.
        threads: of torch.
        devices: names of the accelerators that torch sees.
        driver: of the accelerators; None where there is none or it does not say.
        weights: hash of the model that is about to be trained.
    """

    seeds: dict[str, int]
    states: dict[str, str]
    deterministic: bool
    threads: int
    devices: tuple[str, ...]
    driver: str | None
    weights: str


@dataclass(frozen=True, slots=True)
class ModulesSeen:
    """The user's own modules that had been imported when training began, and again at the end.

    Args:
        files: absolute paths of their sources.
    """

    files: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatchSeen:
    """One of the first batches that were trained on.

    Args:
        index: from 0.
        hash: of the bytes of its tensors.
        rows: hashes of its first samples.
    """

    index: int
    hash: str
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeightsHashed:
    """A hash of the weights and buffers of a model that is trained.

    Args:
        hash: of their bytes, or of a sample of them.
        step: optimizer steps so far.
        model: in the order in which models were first trained.
        at: `end`, the model goes or the process ends; `step`, the steps so far have come to a power of two;
            `evaluation`, a model goes into evaluation mode.
        share: of the bytes that the hash covers, in [0, 1].
    """

    hash: str
    step: int
    model: int = 0
    at: str = "end"
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class MetricSeen:
    """A value of a metric.

    Args:
        name: as the script calls it.
        source: `loss`, `evaluation`, `tensorboard`, `printed`, `reported`; `scored`, beside an evaluation that gives no
            metric; `progress`, printed over what stood in the line before; `timed`, printed, and known to be made from
            the clock.
        step: the script's own where it says one, else optimizer steps so far.
        value: may be not finite.
        elapsed_s: since torch was imported.
        index: how many of its name and source came before; not all of them are written.
    """

    name: str
    source: str
    step: int
    value: float
    elapsed_s: float
    index: int = 0
