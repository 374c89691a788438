"""How far a step moves the weights, and what weight decay adds to the gradients."""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from wellfit.model.events.optim import Updated
from wellfit.observe.moments import Step
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

MOST_ELEMENTS = 1 << 22
"""Weights that are copied for one step of one optimizer at the most (16 MB as float32)."""

MOST_OPTIMIZERS = 8


@dataclass
class _Before:
    weights: list[Tensor]
    copies: list[Tensor]
    gradient: Tensor
    penalty: Tensor


class UpdateSizesProbe(Probe):
    """Writes `Updated`."""

    emits = (Updated,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._before: dict[int, _Before] = {}

    def on_step_start(self, step: Step) -> None:
        """Copy some weights, and measure their gradients."""
        self._before.pop(id(step.optimizer), None)
        if self.watch.optimizers.find(step.optimizer).index >= MOST_OPTIMIZERS or not self.watch.may_compute():
            return
        chosen = _choose(step.optimizer)
        if chosen:
            with torch.no_grad():
                self._before[id(step.optimizer)] = _measure_before(chosen)

    def on_step_end(self, step: Step) -> None:
        """Measure what the step changed; everything is read in one go."""
        before = self._before.pop(id(step.optimizer), None)
        if before is None or not self.watch.may_compute():
            return
        with torch.no_grad():
            changes = list(torch._foreach_sub(before.weights, before.copies))
            numbers = torch.stack(
                [_norm(before.copies), _norm(changes), _norm(before.weights), before.gradient, before.penalty]
            ).tolist()
        index = self.watch.optimizers.find(step.optimizer).index
        self.watch.emit(Updated(self.watch.clock.step, index, step.number, *(float(f"{n:.6g}") for n in numbers)))


def _choose(optimizer: Optimizer) -> list[tuple[Tensor, dict[str, Any]]]:
    """Whole parameters, spread evenly over the optimizer's, up to the limit; all on one device."""
    pairs = [(p, g) for g in optimizer.param_groups for p in g["params"] if _is_plain(p)]
    if not pairs:
        return []
    pairs = [(p, g) for p, g in pairs if p.device == pairs[0][0].device]
    stride = 1
    while pairs and sum(p.numel() for p, _ in pairs[::stride]) > MOST_ELEMENTS:
        if stride > len(pairs):
            return []
        stride *= 2
    return pairs[::stride]


def _is_plain(parameter: Tensor) -> bool:
    """Sharded, sparse and complex parameters are left alone: reading them does more than reading."""
    return (
        type(parameter) in (Tensor, torch.nn.Parameter)
        and parameter.layout == torch.strided
        and parameter.is_floating_point()
        and parameter.device.type != "meta"
        and parameter.numel() > 0
    )


def _measure_before(chosen: list[tuple[Tensor, dict[str, Any]]]) -> _Before:
    weights = [p.detach() for p, _ in chosen]
    gradients = [(d, p.detach(), _decay(g)) for p, g in chosen if (d := _plain_gradient(p)) is not None]
    decayed = [(weight, decay) for _, weight, decay in gradients if decay]
    return _Before(
        weights,
        [w.clone() for w in weights],
        _norm([gradient for gradient, _, _ in gradients], like=weights[0]),
        _norm([weight for weight, _ in decayed], [decay for _, decay in decayed], like=weights[0]),
    )


def _plain_gradient(parameter: Tensor) -> Tensor | None:
    gradient = parameter.grad if parameter.is_leaf else None
    plain = gradient is not None and type(gradient) is Tensor and gradient.layout == torch.strided
    return gradient.detach() if gradient is not None and plain else None


def _decay(group: dict[str, Any]) -> float:
    """What the group adds to each gradient, as a multiple of the weight."""
    decay = group.get("weight_decay")
    if type(decay) not in (float, int) or group.get("decoupled_weight_decay") is True:
        return 0.0
    return float(decay)  # type: ignore[arg-type]


def _norm(tensors: list[Tensor], scales: list[float] | None = None, like: Tensor | None = None) -> Tensor:
    """Norm of all elements together, each tensor scaled first; float32 whatever the tensors are."""
    if not tensors:
        return torch.zeros((), device=None if like is None else like.device)
    norms = torch.stack([n.float() for n in torch._foreach_norm(tensors)])
    if scales is not None:
        norms = norms * torch.tensor(scales, device=norms.device)
    total: Tensor = norms.norm()
    return total
