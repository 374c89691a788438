"""The order in which class labels reach the loss."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor
from torch.utils.data import (
    IterableDataset,
    RandomSampler,
    SequentialSampler,
    SubsetRandomSampler,
    WeightedRandomSampler,
)

from wellfit.model.events.data import LabelsOrdered
from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.clock import is_sampled
from wellfit.observe.moments import Backward, Forward, LoaderStarted, LossCall
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

GAPLESS = 64
"""Iterations watched one after the other, before only the sampled ones are: covers an epoch of a few thousand rows."""

MOST_LABELS = 512
"""Labels read of one call: a batch in label order shows it in its first few hundred."""

MOST_RUNS = 4096
"""Stretches of one label that are kept; shuffled data has one per label or two, and is recognized long before."""

MOST_LINES = 4
"""Lines that compute a loss and are watched."""

NEAREST = 12
"""Nodes behind the loss among which a loss function's own is looked for: sums and weights stand between."""

PURE_LABELS = 8
"""Labels that an iteration needs to be called pure: fewer are of one class by chance."""

_CLASS_LOSSES = frozenset({"cross_entropy", "nll_loss"})
_INTEGERS = frozenset({torch.int64, torch.int32, torch.int16, torch.uint8})
_SHUFFLING = (RandomSampler, SubsetRandomSampler, WeightedRandomSampler)


@dataclass
class _Line:
    """What one line's loss was given so far."""

    place: Place | None
    iteration: int
    labels: list[float] = field(default_factory=list)
    iterations: int = 0
    agreement: float = 0.0
    largest: int = 0
    runs: list[list[float]] = field(default_factory=list)
    counts: Counter[float] = field(default_factory=Counter)
    pooled: Counter[float] = field(default_factory=Counter)
    later: int = 0
    pure: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class _Loader:
    order: str
    made: Place | None
    place: Place | None


class LabelOrderProbe(Probe):
    """Writes `LabelsOrdered`."""

    emits = (LabelsOrdered,)
    always = frozenset({"loss_call", "backward", "loader"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._lines: dict[tuple[Place | None, str], _Line] = {}
        self._loader: _Loader | None = None
        self._called_at: Place | None = None
        self._started: tuple[_Loader, int] | None = None
        self._written: dict[tuple[Place | None, str], LabelsOrdered] = {}

    def on_loader(self, started: LoaderStarted) -> None:
        """Note the loader; whether it feeds the training shows at the next loss."""
        loader = _Loader(_order_of(started), started.made_at, started.place)
        self._started = (loader, self.watch.totals.evaluation_forwards)

    def on_forward(self, forward: Forward) -> None:
        """Where the model is called: the line of a loss that no seam sees."""
        if forward.grad and forward.root.has_parameters:
            self._called_at = forward.place

    def on_loss_call(self, call: LossCall) -> None:
        """Read the labels of a loss that carries gradients."""
        if call.grad and _holds_classes(call):
            self._read((call.place, call.function), call.target)

    def on_backward(self, backward: Backward) -> None:
        """The same for binary_cross_entropy_with_logits, whose node keeps its target."""
        if self.watch.clock.iteration >= GAPLESS and "backward" in self.always:
            self.always = frozenset({"loader"})
            self.watch.listen_again()
        for target in _targets_of_logits(backward.loss):
            if _is_flat(target) and self._called_at is not None:
                self._read((self._called_at, "binary_cross_entropy_with_logits"), target)

    def _read(self, key: tuple[Place | None, str], target: Tensor) -> None:
        if (target.device.type == "cpu" or self.watch.clock.sampled) and self.watch.may_compute():
            self._settle_loader()
            self._add(key, target, self.watch.clock.iteration)

    def end(self) -> None:
        """Write where each line stands."""
        for key, line in self._lines.items():
            self._close(line)
            self._write(key, line)

    def _settle_loader(self) -> None:
        if self._started is None:
            return
        loader, evaluations = self._started
        if evaluations == self.watch.totals.evaluation_forwards:
            self._loader = loader
        self._started = None

    def _add(self, key: tuple[Place | None, str], target: Tensor, iteration: int) -> None:
        line = self._lines.get(key)
        if line is None:
            if len(self._lines) >= MOST_LINES:
                return
            line = self._lines[key] = _Line(key[0], iteration)
        if line.iteration != iteration:
            self._close(line)
            if is_sampled(iteration):
                self._write(key, line)
            line.iteration = iteration
        line.labels += target.detach().reshape(-1)[:MOST_LABELS].tolist()

    def _close(self, line: _Line) -> None:
        """One iteration's labels are together."""
        labels, line.labels = line.labels, []
        if not labels or min(labels) < 0:
            return
        line.pooled.update(labels)
        if line.iteration >= GAPLESS:
            _count_later(line, labels)
            return
        line.iterations += 1
        line.largest = max(line.largest, len(labels))
        line.counts.update(labels)
        line.agreement += _agreement(Counter(labels))
        _extend_runs(line.runs, labels)

    def _write(self, key: tuple[Place | None, str], line: _Line) -> None:
        classes = len(line.counts)
        loader = self._loader
        event = LabelsOrdered(
            step=self.watch.clock.step,
            place=line.place,
            loader=None if loader is None else loader.order,
            loader_made=None if loader is None else loader.made,
            loader_place=None if loader is None else loader.place,
            iterations=line.iterations,
            labels=sum(line.counts.values()),
            classes=classes,
            runs=len(line.runs),
            blocks=_in_blocks(line.runs, classes),
            repeated=_repeats(line.runs, classes, line.largest),
            passes=len(line.runs) // classes if classes else 0,
            within=round(line.agreement / max(1, line.iterations), 4),
            pooled=round(_agreement(line.pooled), 4),
            later_iterations=line.later,
            later_pure=len(line.pure),
            later_classes=len(set(line.pure)),
        )
        if self._written.get(key) != event:
            self._written[key] = event
            self.watch.emit(event)


def _order_of(started: LoaderStarted) -> str:
    loader = started.loader
    sampler = getattr(loader, "sampler", None)
    streams = issubclass(type(getattr(loader, "dataset", None)), IterableDataset)
    if streams or getattr(loader, "batch_sampler", 0) is None:
        return "custom"
    if issubclass(type(sampler), SequentialSampler):
        return "sequential"
    return "random" if issubclass(type(sampler), _SHUFFLING) else "custom"


def _holds_classes(call: LossCall) -> bool:
    """Whether a call's target is one class label a sample."""
    target = call.target
    if not _is_flat(target):
        return False
    if call.function in _CLASS_LOSSES:
        return target.dtype in _INTEGERS
    return call.function == "binary_cross_entropy" and target.shape == call.input.shape


def _is_flat(target: Tensor) -> bool:
    flat = target.dim() == 1 or (target.dim() == 2 and target.shape[1] == 1)  # noqa: PLR2004 - a column is flat, too
    return flat and target.layout is torch.strided and target.device.type != "meta"


def _targets_of_logits(loss: Tensor) -> Iterator[Tensor]:
    """Targets kept by the nodes of binary_cross_entropy_with_logits among those nearest to the loss."""
    waiting = [] if loss.grad_fn is None else [loss.grad_fn]
    for node in waiting:
        if node.name() == "BinaryCrossEntropyWithLogitsBackward0":
            target = adapter.saved(node, "target")
            if isinstance(target, Tensor):
                yield target
        elif len(waiting) < NEAREST:
            waiting.extend(adapter.next_nodes(node))


def _agreement(counts: Counter[float]) -> float:
    """Chance that two different ones of these labels agree."""
    n = counts.total()
    return sum(c * (c - 1) for c in counts.values()) / (n * (n - 1)) if n > 1 else 0.0


def _count_later(line: _Line, labels: list[float]) -> None:
    line.later += 1
    if len(labels) >= PURE_LABELS and len(set(labels)) == 1:
        line.pure.append(labels[0])


def _extend_runs(runs: list[list[float]], labels: list[float]) -> None:
    for label in labels:
        if runs and runs[-1][0] == label:
            runs[-1][1] += 1
        elif len(runs) < MOST_RUNS:
            runs.append([label, 1])


def _in_blocks(runs: list[list[float]], classes: int) -> bool:
    """Whether each pass shows every class once, and every pass in the same order."""
    return all(run[0] == runs[i % classes][0] for i, run in enumerate(runs)) and len(runs) >= classes > 1


def _repeats(runs: list[list[float]], classes: int, tolerance: int) -> bool:
    """Whether the stretches of a second pass are as long as those of the first, up to one batch."""
    whole = runs[:-1]
    return len(whole) > classes > 1 and all(
        abs(later[1] - earlier[1]) <= tolerance for earlier, later in zip(whole, whole[classes:], strict=False)
    )
