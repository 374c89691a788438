"""One optimizer between two of its steps: what its gradients were when, and who cleared them."""

import weakref
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Optimizer

from wellfit.model.events.loop import Gradients
from wellfit.model.place import Place

MOST_WATCHED = 6
"""Parameters of an optimizer whose gradients stand for all of them."""

MOST_ELEMENTS = 4096
"""Elements of a gradient that are kept to be compared with."""


@dataclass
class Mark:
    """A gradient as it stood at some moment; `head` is a copy of its first elements."""

    identity: int
    version: int
    head: Tensor | None

    def is_untouched(self, gradient: Tensor | None) -> bool:
        """Whether the same tensor stands there, with the same version and the same first values."""
        if gradient is None or id(gradient) != self.identity or gradient._version != self.version:
            return False
        return self.head is not None and torch.equal(self.head, _head(gradient))


def _dense(gradient: Tensor | None) -> bool:
    return gradient is not None and gradient.layout == torch.strided and gradient.device.type != "meta"


def _head(gradient: Tensor) -> Tensor:
    return gradient.detach().reshape(-1)[:MOST_ELEMENTS]


def _mark(gradient: Tensor | None, *, keep: bool) -> Mark | None:
    if gradient is None:
        return None
    head = _head(gradient).clone() if keep and _dense(gradient) else None
    return Mark(id(gradient), gradient._version, head)


def peak(gradients: Iterable[Tensor | None]) -> Tensor | None:
    """Largest absolute value, still on its device; None where there is no dense gradient."""
    peaks = [g.detach().abs().amax().float() for g in gradients if g is not None and _dense(g) and g.numel()]
    if not peaks:
        return None
    return torch.stack([p.to(peaks[0].device) for p in peaks]).amax()


class Cycle:
    """What has been seen since the optimizer's latest step.

    Args:
        iteration: in which that step was made.
        may_compute: the gradients of that step may be read, to be recognized later.
    """

    def __init__(self, optimizer: Optimizer, iteration: int, *, may_compute: bool) -> None:
        parameters = list(parameters_of(optimizer))
        self.optimizer_id = id(optimizer)
        self.ids = frozenset(map(id, parameters))
        self._watched = [weakref.ref(p) for p in _spread(parameters)]
        self._begin(iteration)
        if may_compute:
            self._start.extend(_mark(g, keep=True) for g in self.gradients())

    def forget(self, iteration: int) -> None:
        """Start anew where a step in between was not watched: its gradients are not known."""
        self._begin(iteration)

    def _begin(self, iteration: int) -> None:
        self.iteration = iteration
        self._start: list[Mark | None] = []
        self._entry: list[Mark | None] = []
        self._versions: list[int] = []
        self._cleared_peak: Tensor | None = None
        self.reached = self.forwards = self.forwards_before = self.forwards_when_cleared = 0
        self.kept = self.shared = self.closure = self.stepping = False
        self.kept_peak = 0.0
        self.backward_at: Place | None = None
        self.cleared_at: Place | None = None
        self.grads_at_step: Gradients = "fresh"

    @property
    def complete(self) -> bool:
        """Whether the gradients of the latest step are known."""
        return bool(self._start)

    def gradients(self) -> list[Tensor | None]:
        """The watched parameters' gradients as they stand now."""
        return [None if (p := reference()) is None else p.grad for reference in self._watched]

    def meet_backward(self, place: Place | None) -> None:
        """A backward pass that reaches the parameters is about to run."""
        now = self.gradients()
        self.reached += 1
        self.closure |= self.stepping
        if self.reached == 1:
            self._meet_first_backward(now, place)
        elif self.kept and self._were_cleared(now):
            self.kept = False
        self.forwards_before = self.forwards
        self._entry = [_mark(g, keep=False) for g in now]
        self._cleared_peak, self.cleared_at = None, None

    def _meet_first_backward(self, now: list[Tensor | None], place: Place | None) -> None:
        self.backward_at = place
        pairs = [(m, g) for m, g in zip(self._start, now, strict=False) if m is not None and m.head is not None]
        if not pairs or not all(mark.is_untouched(g) for mark, g in pairs):
            return
        self.kept_peak = _read(peak(now))
        self.kept = self.kept_peak > 0

    def _were_cleared(self, now: list[Tensor | None]) -> bool:
        """Gone, all zero, or written to more often than the backward passes in between could have."""
        pairs = [(m, g) for m, g in zip(self._entry, now, strict=True) if m is not None]
        written = any(g is not None and id(g) == m.identity and g._version > m.version + 1 for m, g in pairs)
        return written or all(g is None for g in now) or _read(peak(now)) == 0

    def meet_clearing(self, place: Place | None) -> None:
        """`zero_grad` is about to run: remember it where it takes away what a backward pass has just written."""
        if not self.reached or self._cleared_peak is not None:
            return
        now = self.gradients()
        if any(_differs(mark, g) for mark, g in zip(self._entry, now, strict=True)):
            self._cleared_peak, self.cleared_at = peak(now), place
            self.forwards_when_cleared = self.forwards

    def meet_step(self, optimizer: Optimizer, backwards: int) -> None:
        """The optimizer is about to step, or, where backward ran inside the step, has just stepped."""
        if self.kept or self._cleared_peak is not None or not backwards:
            self.grads_at_step = self._classify(optimizer)
        self._versions = self._parameter_versions()

    def was_cleared(self) -> bool:
        """Whether something was written, then cleared, and the step found nothing."""
        return self.grads_at_step in ("none", "zero") and _read(self._cleared_peak) > 0

    def has_moved(self) -> bool:
        """Whether the parameters changed since the step began."""
        return self._versions != self._parameter_versions()

    def _parameter_versions(self) -> list[int]:
        return [-1 if (p := reference()) is None else p._version for reference in self._watched]

    def _classify(self, optimizer: Optimizer) -> Gradients:
        now = self.gradients()
        everything = [p.grad for p in parameters_of(optimizer)]
        if all(g is None for g in everything):
            return "none"
        if _read(peak(now)) == 0 and _read(peak(everything)) == 0 and all(g is None or _dense(g) for g in everything):
            return "zero"
        pairs = [(m, g) for m, g in zip(self._start, now, strict=False) if m is not None]
        unchanged = bool(pairs) and all(mark.is_untouched(g) for mark, g in pairs)
        return "unchanged" if unchanged else "fresh"


def parameters_of(optimizer: Optimizer) -> Iterable[Tensor]:
    """Every parameter of an optimizer, group by group."""
    return (p for group in optimizer.param_groups for p in group["params"])


def _differs(mark: Mark | None, gradient: Tensor | None) -> bool:
    if gradient is None:
        return False
    return mark is None or id(gradient) != mark.identity or gradient._version != mark.version


def _spread(parameters: list[Tensor]) -> list[Tensor]:
    """A few parameters with gradients, evenly over all of them; any, where none has one."""
    having = [p for p in parameters if p.grad is not None] or parameters
    if len(having) <= MOST_WATCHED:
        return having
    return [having[round(i * (len(having) - 1) / (MOST_WATCHED - 1))] for i in range(MOST_WATCHED)]


def _read(value: Tensor | None) -> float:
    return 0.0 if value is None else float(value)
