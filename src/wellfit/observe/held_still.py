"""The last training call of a trial run, for looks at the model right after the last step that trains.

Trial runs are nobody's own, so that a model may be called there without a dry look; what it answers is computed in
evaluation mode on clones of its buffers, and the random generators are put back, so that the run goes on as it would.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import Module

from wellfit.model.place import Place
from wellfit.observe.moments import Forward, LoaderStarted, LossCall, Step
from wellfit.observe.probe import Probe
from wellfit.observe.side_run import evaluation_mode, generators_restored
from wellfit.observe.watch import Watch

MOVED = 1e-4
"""A value has moved when it changed by this part of the output's spread; another order of additions makes 1e-6."""


@dataclass
class HeldCall:
    """A training call, and what its loss was held against.

    Args:
        kind: class of the model.
        rows: samples along dimension 0 of the first tensor; 0 where that is not known to be where they lie.
        targets: of the losses of that step.
        place: the line that calls the model.
    """

    module: Module
    kind: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    place: Place | None
    rows: int = 0
    targets: list[Tensor] = field(default_factory=list)

    def first(self) -> Tensor | None:
        """The first tensor that the model was given."""
        return next((v for v in self.given() if v.dim()), None)

    def given(self) -> list[Tensor]:
        """All tensors that the model was given."""
        return [v for v in (*self.args, *self.kwargs.values()) if isinstance(v, Tensor)]

    def mapped(self, change: Callable[[Tensor], Tensor]) -> "HeldCall":
        """The same call with other tensors."""
        args = tuple(change(v) if isinstance(v, Tensor) else v for v in self.args)
        kwargs = {name: change(v) if isinstance(v, Tensor) else v for name, v in self.kwargs.items()}
        return replace(self, args=args, kwargs=kwargs)

    def answer(self) -> Tensor | None:
        """The first tensor of numbers that the model answers in evaluation mode, without gradients."""
        buffers = {name: buffer.clone() for name, buffer in self.module.named_buffers()}
        with evaluation_mode(self.module), generators_restored(), torch.no_grad():
            result = torch.func.functional_call(self.module, buffers, self.args, self.kwargs)
        return _first_numbers(result)


def _first_numbers(result: Any, depth: int = 3) -> Tensor | None:
    if isinstance(result, Tensor):
        return result.detach() if result.is_floating_point() else None
    if not depth or not isinstance(result, (dict, tuple, list)):
        return None
    members = list(result.values()) if isinstance(result, dict) else list(result)
    return next((found for v in members if (found := _first_numbers(v, depth - 1)) is not None), None)


def has_moved(before: Tensor, after: Tensor) -> Tensor:
    """Which values differ by more than rounding; a truth value for each."""
    one, other = (torch.nan_to_num(t.float(), posinf=0.0, neginf=0.0) for t in (before, after))
    spread = float(one.std()) if one.numel() > 1 else float(one.abs().max())
    return (one - other).abs() > MOVED * max(spread, 1e-30)


class HeldStillProbe(Probe):
    """Base of probes that look once, when the last training step is over."""

    always = frozenset({"forward", "plain_forward", "loss_call", "step_end"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._last = (watch.trial.train_steps if watch.trial else 0) - 1
        self._call: HeldCall | None = None
        self._targets: list[Tensor] = []
        self._batch_sizes: set[int] = set()

    def look(self, call: HeldCall) -> None:
        """Look at the model, and write what is seen."""
        raise NotImplementedError

    def on_loader(self, started: LoaderStarted) -> None:
        """A loader says how many samples a batch has."""
        size = getattr(started.loader, "batch_size", None)
        if isinstance(size, int):
            self._batch_sizes.add(size)

    def on_forward(self, forward: Forward) -> None:
        """Keep the call of the largest model in the last step that trains."""
        if self.watch.clock.step != self._last or not forward.grad or not forward.root.has_parameters:
            return
        if self._call is None or _size(forward.module) >= _size(self._call.module):
            call = HeldCall(forward.module, forward.root.kind, forward.args, dict(forward.kwargs), forward.place)
            self._call = call.mapped(lambda tensor: tensor.detach().clone())

    def on_plain_forward(self, forward: Forward) -> None:
        """The same."""
        self.on_forward(forward)

    def on_loss_call(self, call: LossCall) -> None:
        """Keep the targets of that step."""
        if self.watch.clock.step == self._last and call.grad:
            self._targets.append(call.target.detach().clone())

    def on_step_end(self, _: Step) -> None:
        """Look, and let go of everything."""
        if self.watch.clock.step != self._last:
            return
        call, self._call = self._call, None
        if call is not None and self.watch.may_compute():
            call.targets, self._targets = self._targets, []
            call.rows = self._rows(call)
            self.look(call)

    def _rows(self, call: HeldCall) -> int:
        """Samples along dimension 0, where a loader or one target a sample says that they lie there."""
        first = call.first()
        if first is None:
            return 0
        rows, given = int(first.shape[0]), tuple(first.shape)
        shapes = [tuple(target.shape) for target in call.targets if target.dim()]
        fits = any(shape[0] == rows and (len(shape) == 1 or shape[:2] != given[:2]) for shape in shapes)
        return rows if fits or rows in self._batch_sizes else 0


def _size(module: Module) -> int:
    return sum(p.numel() for p in module.parameters())
