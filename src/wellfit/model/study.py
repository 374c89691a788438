"""What a search over hyperparameters was asked, what each of its trials came to, and what it found."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from wellfit.model.events.rates import RatesSeen
from wellfit.model.knob import Knob, Value
from wellfit.model.option import DeclaredOption
from wellfit.model.place import CallSite, Place
from wellfit.model.plain import build

FORMAT = 1
"""Of a study's plan; grows with each change that an older reader cannot take."""

Take = Literal["last", "best"]

End = Literal["done", "pruned", "diverged", "failed", "dead", "surplus"]
"""How a trial ended. `done`: whole. `pruned`: ended early, for others were ahead of it. `diverged`: its metric is not
finite, so that it counts as infeasible. `failed`: the script failed. `dead`: its worker was gone; it is tried again.
`surplus`: two workers of an older wellfit were given the same one; it counts nowhere."""

SAMPLERS = ("tpe", "gp", "ax", "random", "sobol", "grid")
"""Ways to choose settings: a tree-structured Parzen estimator, a Gaussian process, Ax, chance, even points, a grid."""

USUAL_TRIALS = 32
"""Enough for four ranges, at eight even points and three times as many chosen ones."""

FINAL: frozenset[str] = frozenset({"done", "pruned", "diverged", "failed"})
"""Ends behind which a trial is not tried again."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What short runs showed of the script.

    Args:
        peaks: highest learning rates of the parameter groups of the main optimizer; empty where none is known.
        planned: optimizer steps of the whole run; None where nothing says it.
        epoch_steps: optimizer steps of one pass over the data; None where the loader does not say.
        present: the script's own value of each knob, by its key, where it has one.
        declared: what the script's command line takes; empty where no parser was heard.
        rates: of each optimizer that stepped, the main one first: where in the source it is made.
        losses: the user's lines that compute a cross entropy which gradients flow from.
        images: calls of models with the images that they are trained on.
        images_elsewhere: a library calls them, too, or alone.
    """

    peaks: tuple[float, ...] = ()
    planned: int | None = None
    epoch_steps: float | None = None
    present: Mapping[str, Value] = field(default_factory=dict)
    declared: tuple[DeclaredOption, ...] = ()
    rates: tuple[RatesSeen, ...] = ()
    losses: tuple[Place, ...] = ()
    images: tuple[CallSite, ...] = ()
    images_elsewhere: bool = False


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """One search; each worker reads it from the study.

    Args:
        name: of the study.
        words: program and arguments of the script.
        folder: absolute working folder.
        script: as the user named it.
        knobs: that are moved.
        metric: name of what is made better.
        higher_is_better: its direction.
        take: value of a trial's curve that counts.
        trials: that end, the script's own setting among them.
        seed: of the search itself.
        sampler: one of `SAMPLERS`.
        prune: whether trials are ended that others are ahead of.
        halving: whether that are all but the best third at each rung.
        retries: of a trial whose worker was gone, at most.
        limit_s: seconds after which a trial is ended as failed.
        points: values of the metric in one whole run.
        seen: of the script.
        code: commit and hash of the changes that the script ran with; empty where there is no git.
        scored: whether the script's evaluations are scored beside it, since it gives no metric of them itself.
        python: that the words begin with, where it is wellfit's own; empty where another program starts the script.
        format: of this plan.
    """

    name: str
    words: tuple[str, ...]
    folder: str
    script: str
    knobs: tuple[Knob, ...]
    metric: str
    higher_is_better: bool
    take: Take = "last"
    trials: int = 32
    seed: int = 0
    sampler: str = "tpe"
    prune: bool = True
    halving: bool = False
    retries: int = 3
    limit_s: float = 86_400.0
    points: int = 1
    seen: Seen = field(default_factory=Seen)
    code: str = ""
    python: str = ""
    scored: bool = False
    format: int = FORMAT

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "StudyPlan":
        """What `to_dict` made, read back from JSON."""
        plan: StudyPlan = build(cls, values)
        return plan


@dataclass(frozen=True, slots=True)
class TrialSeen:
    """One trial of a study, as its storage has it.

    Args:
        number: in the storage.
        slot: >= 0, which of the planned trials it is; 0 is the script's own setting. -1 where it is none of ours.
        attempt: >= 0, how often the slot was begun before.
        end: None while it waits or runs.
        runs: a worker has it.
        values: of the knobs, by key; empty for a setting that lies outside of the ranges.
        value: of the metric; None where it has none.
        course: values of the metric that were reported, by their number.
        run: id of its record.
        reason: why it failed.
        worker: that has or had it.
        copy: folder that it runs or ran in.
        seconds: that it took; None while it runs.
        beat: signs of life of its worker so far.
        best_at: where in its run the metric was best, from 0 to 1; None where that is not known.
        best: value of the metric there.
    """

    number: int
    slot: int
    attempt: int
    end: End | None
    runs: bool
    values: Mapping[str, Value]
    value: float | None = None
    course: Mapping[int, float] = field(default_factory=dict)
    run: str = ""
    reason: str = ""
    worker: str = ""
    copy: str = ""
    seconds: float | None = None
    beat: int = 0
    best_at: float | None = None
    best: float | None = None


@dataclass(frozen=True, slots=True)
class TrialTold:
    """What a worker says of a trial that has ended.

    Args:
        end: how.
        value: of the metric; None where it has none.
        reason: why it failed, in words; empty elsewhere.
        run: id of its record; empty where there is none.
        points: values of the metric that came.
        seconds: that it took.
        best: value of the metric where it was best; None where it has none.
        best_at: where in the run that was, from 0 to 1; None where that is not known.
    """

    end: End
    value: float | None
    reason: str = ""
    run: str = ""
    points: int = 0
    seconds: float = 0.0
    best: float | None = None
    best_at: float | None = None
