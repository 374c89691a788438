"""What is known of a model whose fit is to be scored, and of its evaluations."""

import weakref
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn import Module

from wellfit.model.place import Place
from wellfit.model.score import METRICS, Metric, Score, Task, clustered_error, pooled
from wellfit.observe.answers import Route
from wellfit.observe.kept import Batch, Spread, join, room_for
from wellfit.observe.roots import Root
from wellfit.observe.rows import hash_rows, row_keys
from wellfit.observe.targets import TargetKind
from wellfit.observe.variables import Slots

UNIQUE = 0.95
"""Share of different rows that a batch needs, so that a row can be told from another by its values."""

FEWEST_PARTS = 8
"""Parts from which the spread between them says how sure a score is."""

MOST_KEYS = 1 << 14
"""Training rows that are remembered."""

_HASHED = frozenset({"torch.float32", "torch.float64", "torch.float16", "torch.int64", "torch.int32", "torch.uint8"})


def keys_of(first: Tensor | None, most: int) -> list[int]:
    """Hashes of a batch's rows; empty where rows cannot be told apart by their values."""
    if first is None or not first.dim() or not first.numel():
        return []
    keys = hash_rows(first, most) if str(first.dtype) in _HASHED else row_keys(first)[:most]
    return keys if len(set(keys)) >= UNIQUE * len(keys) else []


@dataclass
class Student:
    """A model in training, and a sample of its training rows.

    Args:
        refused: why its fit cannot be scored, or an empty string.
        route: how what it returns becomes what its loss is given; None until it was seen.
        kind: what its targets look like in the user's variables; None where they are not found there.
        function: the loss function that its answers are given to.
        calls: training calls that led to a loss, of those heard.
        odd: of these, calls of which it is not known which of several made the answers.
        in_training_mode: whether it was trained in training mode.
        forward_s: seconds that a call of it beside the training took.
        joins: whether it answers the same on all kept batches as one; None until that was tried.
    """

    root: Root
    refused: str = ""
    remedy: str = ""
    route: Route | None = None
    kind: TargetKind | None = None
    function: str = ""
    calls: int = 0
    odd: int = 0
    odd_reason: str = ""
    in_training_mode: bool = False
    forward_s: float | None = None
    joins: bool | None = None
    spread: Spread[Batch] | None = None
    replaced: int = 0
    joined: Batch | None = None
    keys: dict[int, int] = field(default_factory=dict)
    repeats: int = 0
    repeats_due: float = 0.0

    @property
    def repeated(self) -> float:
        """How many times each different training sample is among the kept ones, on average."""
        keys = [key for batch in self.batches for key in batch.keys or ()]
        samples = sum(batch.samples for batch in self.batches)
        return samples / len(set(keys)) if len(keys) == samples else 1.0

    @property
    def batches(self) -> list[Batch]:
        """The training batches that are kept."""
        return [] if self.spread is None else self.spread.items

    def offer(self, index: int, batch: Batch) -> None:
        """Take a batch of the first stretch of training, spread over it."""
        if self.spread is None:
            self.spread = Spread(room_for(batch))
        if self.spread.wants(index):
            self.spread.add(index, batch)
            self.joined = None

    def renew(self, batch: Batch) -> None:
        """Put a later batch in the place of an older one."""
        if self.batches:
            self.batches[self.replaced % len(self.batches)] = batch
            self.replaced += 1
            self.joined = None

    def all_as_one(self) -> Batch | None:
        """The kept batches as one, unless it is known that the model answers differently then."""
        if self.joined is None and self.joins is not False:
            self.joined = join(self.batches)
        return self.joined

    def hash_rows(self, per_epoch: int | None) -> None:
        """Remember the rows of the kept batches; a row that was met in an earlier epoch is the same in each."""
        for batch in self.batches:
            if batch.keys is not None:
                continue
            batch.keys = keys_of(batch.first, batch.samples)
            self._compare(batch.keys, batch.epoch, per_epoch)
            if len(self.keys) < MOST_KEYS:
                for key in batch.keys:
                    self.keys.setdefault(key, batch.epoch)

    def _compare(self, keys: list[int], epoch: int, per_epoch: int | None) -> None:
        earlier = sum(known < epoch for known in self.keys.values())
        if per_epoch and earlier:
            self.repeats += sum(self.keys.get(key, epoch) < epoch for key in keys)
            self.repeats_due += len(keys) * min(1.0, earlier / per_epoch)


@dataclass
class Called:
    """The latest training call of a model.

    Args:
        looked: the dry look at the model was over before the call.
        beside: variables of the user's code beside the call, where they are wanted.
        losses: targets that its answers were held against.
        repeated: it was called before without a loss in between.
    """

    root: Root
    module: "weakref.ref[Module]"
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    training: bool
    looked: bool = False
    beside: list[Slots] = field(default_factory=list)
    losses: list["weakref.ref[Tensor]"] = field(default_factory=list)
    repeated: bool = False


@dataclass
class Evaluated:
    """One evaluation of the script, known by the lines that call it and the data set that it reads.

    Args:
        calls: of the model, in its latest pass.
        hears_loss: a loss function is called on the answers.
        fruitless: passes in which no targets were found.
        trained: its rows are training rows.
        cost_s: seconds that scoring it took, the least so far.
        step: of its latest scores.
    """

    key: Hashable
    number: int
    place: Place | None
    source: str
    passes: int = 0
    calls: int = 0
    hears_loss: bool = False
    fruitless: int = 0
    trained: bool = False
    cost_s: float | None = None
    step: int = 0


@dataclass
class Pending:
    """A call of the model in an evaluation, before it is known what its answers are held against.

    Args:
        acts: the model is in training mode, and that matters: its own answers are not those of evaluation mode.
        outputs: what it answers in evaluation mode, where it was called beside.
    """

    index: int
    samples: int
    acts: bool
    outputs: list[Tensor] = field(default_factory=list)
    parts: list[Score] | None = None
    heard: bool = False


@dataclass
class Pass:
    """One pass of an evaluation that is being scored.

    Args:
        train: scores of the kept training batches.
        spread: samples and scores of the evaluation's calls.
        grad: gradients are on.
        spent_s: what scoring had taken before it, in seconds.
        hashed: samples looked for among the training rows.
        trained: of these, how many are.
        passed_over: calls on training rows.
        truncated: the time was up.
        address: where the rows of its latest call lie.
    """

    evaluated: Evaluated
    student: Student
    train: list[list[Score]]
    spread: Spread[tuple[int, list[Score]]]
    grad: bool
    spent_s: float
    calls: int = 0
    hashed: int = 0
    trained: int = 0
    passed_over: int = 0
    truncated: bool = False
    address: tuple[int, int] | None = None
    pending: Pending | None = None

    def settle(self) -> None:
        """The latest call is over: take its score in."""
        pending, self.pending = self.pending, None
        if pending is not None and pending.parts:
            self.spread.add(pending.index, (pending.samples, pending.parts))

    @property
    def seen(self) -> float:
        """Share of the pass, so far, that the scored calls are spread over."""
        return (self.spread.latest + 1) / max(1, self.calls)


def errors_of(batches: Sequence[list[Score]], samples: int, *, repeated: float = 1.0) -> dict[str, float]:
    """Standard error of each metric over samples.

    Where a sample has many answers, it is taken from the spread between parts of samples; with few parts, as if all
    answers of a sample were one.

    Args:
        batches: scores in parts, by batch.
        samples: in all batches together.
        repeated: how many times each is among them.
    """
    parts = [part for batch in batches for part in batch]
    whole = pooled(parts)
    if whole is None:
        return {}
    many = max(1.0, whole.rows / max(1, samples))
    return {metric: repeated**0.5 * _error(parts, whole, metric, many) for metric in METRICS[whole.task]}


def _error(parts: Sequence[Score], whole: Score, metric: Metric, many: float) -> float:
    plain = whole.standard_error(metric)
    if many <= 1:
        return plain
    if len(parts) < FEWEST_PARTS:
        return float(plain * many**0.5)
    return max(plain, clustered_error(parts, metric))


def constant_answer(task: Task, batches: Sequence[Batch]) -> Score:
    """The best answer to the targets of these batches that ignores the input."""
    flat = np.concatenate([_flat_targets(batch, task) for batch in batches])
    if task == "regression":
        losses = (flat - flat.mean()) ** 2
        total, squares = float(flat.sum()), float((flat**2).sum())
        spread = float(losses.sum()), float((losses**2).sum())
        return Score(task, len(flat), *spread, target=total, target_squares=squares)
    counts = np.bincount((flat > 0.5 if task == "binary" else flat).astype(np.int64))  # noqa: PLR2004 - the middle
    counts = counts[counts > 0]
    surprise = -np.log(counts / counts.sum())
    loss, squares = float((counts * surprise).sum()), float((counts * surprise**2).sum())
    return Score(task, int(counts.sum()), loss, squares, correct=int(counts.max()))


def _flat_targets(batch: Batch, task: Task) -> "np.ndarray[Any, Any]":
    target = batch.target.detach()
    if task in ("classification", "tokens"):
        if target.is_floating_point():
            target = target.argmax(dim=min(1, target.dim() - 1))
        target = target[(target >= 0) & (target != batch.options.get("ignore_index", -100))]
    values: np.ndarray[Any, Any] = target.reshape(-1).double().cpu().numpy()
    return values


AGREES = 1e-3
"""How far apart two scores of the same answers may lie, relatively: covers low precision."""


def is_alike(ours: list[Score], theirs: list[Score]) -> bool:
    """Whether two scores of the same answers are one, up to rounding."""
    one, other = pooled(ours), pooled(theirs)
    if one is None or other is None or one.task != other.task or one.rows != other.rows:
        return False
    return abs(one.loss - other.loss) <= AGREES * max(abs(other.loss), one.rows * AGREES)


def flat(batches: Sequence[list[Score]]) -> list[Score]:
    """The parts of all batches."""
    return [part for batch in batches for part in batch]


def pooled_alike(parts: list[Score], train: list[Score]) -> Score | None:
    """All parts together, where they are of the task that the training is."""
    return pooled([part for part in parts if part.task == train[0].task]) if train else None
