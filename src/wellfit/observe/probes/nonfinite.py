"""The first loss, and the first gradient, that is not finite, and where it came from."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor

from wellfit.model.events.numerics import (
    GradientBecameNonfinite,
    LossBecameNonfinite,
    NonfiniteCounted,
    NonfiniteInput,
    Origin,
    OriginLocated,
)
from wellfit.model.place import Place
from wellfit.observe.calls import Given, tensors
from wellfit.observe.moments import Backward, Forward, Operation, Step
from wellfit.observe.origins import Found, Mark, Search, is_finite, operation_name
from wellfit.observe.probe import Probe
from wellfit.observe.steep import SteepNodes
from wellfit.observe.watch import Watch

FILLS = frozenset({
    "masked_fill", "masked_fill_", "where", "full", "full_like", "tensor", "fill_", "__setitem__", "new_full",
    "index_fill", "index_fill_", "masked_scatter", "from_numpy", "as_tensor", "empty", "empty_like", "new_empty",
    "triu", "tril", "_get_data", "to", "clone", "detach",
})  # fmt: skip
"""Operations that put in what the program gives them, or memory as it lies: an infinity of theirs is meant."""

_LOSS, _GRADIENT, _RESULT = "loss", "gradient", "result"


class NonfiniteProbe(Probe):
    """Writes `LossBecameNonfinite`, `GradientBecameNonfinite`, `OriginLocated` and `NonfiniteCounted`."""

    emits = (LossBecameNonfinite, GradientBecameNonfinite, OriginLocated, NonfiniteCounted)
    always = frozenset({"forward"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._places: dict[int, Place | None] = {}
        self._peak: float | None = None
        self._told_loss = self._told_gradient = False
        self._marks: dict[str, Mark] = {}
        self._looks_at_results = False
        self._steep = SteepNodes()

    def on_forward(self, forward: Forward) -> None:
        """Remember where the model is called."""
        if forward.grad and forward.root.has_parameters and not self._told_loss:
            self._places[forward.root.index] = forward.place

    def on_backward(self, backward: Backward) -> None:
        """In a sampled iteration: look at what lies behind the loss."""
        self._look_sampled(backward)

    def on_bad_loss(self, backward: Backward) -> None:
        """The first time, look at everything behind it."""
        losses = self.watch.losses
        first, latest = losses.first_nonfinite, losses.latest
        if self._told_loss or first is None or latest is None:
            return
        if latest.value is None:
            self._tell_loss(backward, first.value or math.nan, first.step, late=True)
        elif losses.latest_is_nonfinite:
            self._tell_loss(backward, latest.value, latest.step, late=False)

    def on_operation(self, operation: Operation) -> None:
        """In an iteration with lines on: does something finite become something that is not?"""
        if not self._looks_at_results or operation.place is None or not self.watch.may_compute():
            return
        if not isinstance(operation.result, Tensor) or _is_meant(operation):
            return
        if all(is_finite(t) for _, t in tensors(operation.args, operation.kwargs)):
            self._looks_at_results = False
            name = operation.name.strip("_")
            self.watch.emit(OriginLocated(self.watch.clock.step, _RESULT, name, operation.place))

    def on_step_start(self, step: Step) -> None:
        """In a sampled iteration: are the gradients finite?"""
        self._write_count()
        loss = self.watch.losses.latest
        if self._told_gradient or self._told_loss or not self.watch.may_compute():
            self._steep.forget()
            return
        if loss is not None and loss.value is not None and math.isfinite(loss.value):
            self._look_at_gradients(step, loss.value)
        self._steep.forget()

    def end(self) -> None:
        """The totals."""
        self._write_count()

    # --- sampled ---

    def _look_sampled(self, backward: Backward) -> None:
        if not self.watch.may_compute():
            return
        if self._peak is None:
            self._peak = _peak(list(backward.graph.leaves.values()))
        for about, mark in tuple(self._marks.items()):
            self._locate(backward, about, mark)
        if not self._told_loss and not self._told_gradient and not self.watch.compiled:
            self._steep.watch(backward.graph)

    def _locate(self, backward: Backward, about: str, mark: Mark) -> None:
        position = mark.find(backward.graph)
        place = None if position is None else backward.graph.place(position)
        if place is not None and position is not None:
            del self._marks[about]
            name = operation_name(backward.graph.nodes[position])
            self.watch.emit(OriginLocated(self.watch.clock.step, about, name, place))
            self.watch.lines_found(f"{about} not finite")
        else:
            self.watch.request_lines(f"{about} not finite")

    def _look_at_gradients(self, step: Step, loss: float) -> None:
        parameters = [p for g in step.optimizer.param_groups for p in g["params"] if p.grad is not None]
        bad = _with_bad_gradients(parameters)
        if not bad:
            return
        self._told_gradient = True
        mark = self._steep.guilty()
        origin = None
        if mark is not None:
            origin = Origin(operation_name_of(mark), "operation", "", None)
            self._ask_for_line(_GRADIENT, mark)
        names = tuple(n for p in bad[:4] if (n := self.watch.roots.name_of(p)) is not None)
        self.watch.emit(
            GradientBecameNonfinite(self.watch.clock.step, loss, len(parameters), len(bad), names, step.place, origin)
        )

    # --- once ---

    def _tell_loss(self, backward: Backward, value: float, step: int, *, late: bool) -> None:
        if not self.watch.may_compute():
            return
        self._told_loss = True
        leaves = list(backward.graph.leaves.values())
        entry, inputs = self._bad_inputs()
        origin, reason = (
            (None, "the loss was read later, so that the GPU need not wait") if late else self._trace(backward)
        )
        if inputs or (origin is not None and origin.kind == "data"):
            self._looks_at_results = True
            self.watch.request_lines("data not finite")
        self.watch.emit(
            LossBecameNonfinite(
                step=step,
                value=_word(value),
                dtype=str(backward.loss.dtype).removeprefix("torch."),
                place=backward.place,
                forward=entry,
                losses_before=tuple(_short(v) for v in self._before()),
                parameters=len(leaves),
                nonfinite_parameters=sum(not is_finite(p) for p in leaves),
                parameter_growth=self._growth(leaves),
                inputs=inputs,
                origin=origin,
                why_no_origin=reason,
            )
        )

    def _bad_inputs(self) -> tuple[Place | None, tuple[NonfiniteInput, ...]]:
        """Of the first call that was given values that are not finite: its line, and these values."""
        before = self.watch.totals.backwards - 1  # this one is counted
        calls = [(call, root.index) for root in self.watch.roots.all for call in root.calls.since(before)]
        calls.sort(key=lambda c: c[0].order)
        for call, index in calls:
            bad = tuple(_describe_inputs(call.given))
            if bad:
                return self._places.get(index), bad
        return (self._places.get(calls[-1][1]) if calls else None), ()

    def _before(self) -> list[float]:
        losses = self.watch.losses
        return ([] if losses.first is None else [losses.first]) + list(losses.history)

    def _growth(self, leaves: list[Tensor]) -> float | None:
        now = _peak(leaves)
        return None if not now or not self._peak else _short(now / self._peak)

    def _trace(self, backward: Backward) -> tuple[Origin | None, str]:
        if self.watch.saved_hooks_used:
            return None, "hooks on saved tensors, as of checkpointing, are active, and a look would set them off"
        found = Search(backward.graph).run()
        if found is None:
            return None, "the operations behind the loss keep too little to tell the first one"
        return self._origin(backward, found), ""

    def _origin(self, backward: Backward, found: Found) -> Origin:
        node, place = backward.graph.nodes[found.position], backward.graph.place(found.position)
        if found.kind == "parameter":
            return Origin("", "parameter", "", None)
        if place is None:
            self._ask_for_line(_LOSS, Mark.of(backward.graph, found.position))
        return Origin(operation_name(node), found.kind, found.operand, place)

    def _ask_for_line(self, about: str, mark: Mark) -> None:
        self._marks[about] = mark
        self.watch.request_lines(f"{about} not finite")

    def _write_count(self) -> None:
        backwards = self.watch.totals.backwards
        if backwards:
            bad, latest = self.watch.losses.nonfinite, self.watch.losses.latest_is_nonfinite
            self.watch.emit(NonfiniteCounted(self.watch.clock.step, bad, backwards, latest))


def operation_name_of(mark: Mark) -> str:
    """The public name of the operation that a mark points to."""
    return operation_name(_Named(mark.names[mark.rank]))


class _Named:
    """A node that is only known by name."""

    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name


def _describe_inputs(inputs: Given) -> Iterator[NonfiniteInput]:
    for name, value in inputs:
        if not is_finite(value) and not _is_additive_mask(value):
            yield _describe_input(name, value.detach())


def _is_additive_mask(value: Tensor) -> bool:
    """Zeros and minus infinities only: a mask that is added to scores."""
    return bool(((value == 0) | (value == -math.inf)).all())


def _describe_input(name: str, value: Tensor) -> NonfiniteInput:
    with torch.no_grad():
        bad = ~torch.isfinite(value)
        rows = value.shape[0] if value.dim() else 1
        bad_rows = int(bad.reshape(rows, -1).any(dim=1).sum()) if value.numel() else 0
        columns = bad.any(dim=0).nonzero().flatten().tolist()[:8] if value.dim() == 2 else []  # noqa: PLR2004
        nan, infinite = int(torch.isnan(value).sum()), int(torch.isinf(value).sum())
    return NonfiniteInput(name, tuple(value.shape), nan, infinite, rows, bad_rows, tuple(columns))


def _is_meant(operation: Operation) -> bool:
    if is_finite(operation.result):
        return True
    return operation.name in FILLS and not bool(torch.isnan(operation.result.detach()).any())


def _with_bad_gradients(parameters: list[Tensor]) -> list[Tensor]:
    dense = [p for p in parameters if p.grad is not None and p.grad.layout == torch.strided and p.grad.numel()]
    if not dense:
        return []
    with torch.no_grad():
        norms = torch._foreach_norm([p.grad for p in dense])  # type: ignore[misc]
        finite = [math.isfinite(n) for n in torch.stack([n.to(dense[0].device).float() for n in norms]).tolist()]
    suspects = [p for p, fine in zip(dense, finite, strict=True) if not fine]
    return [p for p in suspects if p.grad is not None and not is_finite(p.grad)]


def _peak(leaves: list[Tensor]) -> float | None:
    """The largest finite magnitude among all entries."""
    real = [p for p in leaves if p.is_floating_point() and p.numel() and p.layout == torch.strided]
    if not real:
        return None
    with torch.no_grad():
        tops = [torch.nan_to_num(p.detach(), nan=0.0, posinf=0.0, neginf=0.0).abs().amax().float() for p in real]
        return float(torch.stack([t.to(tops[0].device) for t in tops]).amax())


def _word(value: float) -> str:
    if math.isnan(value):
        return "nan"
    return "inf" if value > 0 else "-inf"


def _short(value: float) -> float:
    return float(f"{value:.5g}") if math.isfinite(value) else 0.0
