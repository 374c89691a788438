"""Holds the gradients to a norm, and remembers what the norms were."""

import math
import warnings
from collections.abc import Iterable
from typing import Any, Literal, cast, get_args

import torch
from torch import Tensor, nn

from wellfit.regularize.method import NoEffectWarning
from wellfit.regularize.training.gradient_clipping.norms import NormReport, quantiles, window

NonFinite = Literal["raise", "zero", "keep"]

_KEPT = 10_000
"""Norms that are remembered for the quantiles: 80 kB, and a late change of regime shows."""

_QUANTILES = (0.5, 0.9, 0.99)


class ClipGradients:
    """Scales all gradients together where their norm exceeds a threshold: after `backward`, before `step`.

    With automatic mixed precision the order is `scaler.scale(loss).backward()`, `scaler.unscale_(optimizer)`,
    `clip(model, scaler=scaler, optimizer=optimizer)`, `scaler.step(optimizer)`. Scaled gradients are thousands of times
    too long: clipping them is a tiny learning rate, or none at all. With both arguments that is refused.

    The norm is read in each call, which waits for the device once a step.

    Args:
        max_norm: Euclidean, over all gradients together, above 0; infinity only measures.
        nonfinite: what becomes of gradients whose norm is no finite number: raise; zero (the optimizer then steps by
            its momentum and decay alone); keep (as they are). With a scaler they are kept: it skips that step.

    Raises:
        ValueError: max_norm not above 0, or an unknown nonfinite.

    Example:
        >>> import torch
        >>> layer = torch.nn.Linear(1, 1, bias=False)
        >>> layer.weight.grad = torch.tensor([[4.0]])
        >>> clip = ClipGradients(1.0)
        >>> clip(layer), round(layer.weight.grad.item(), 3)
        (4.0, 1.0)
        >>> print(clip.report())
        clipped 1 of 1 steps (100%) at a norm of 1
        norms: 50% below 4, 90% below 4, 99% below 4
    """

    def __init__(self, max_norm: float = 1.0, *, nonfinite: NonFinite = "raise") -> None:
        if not max_norm > 0:
            raise ValueError(f"max_norm must be > 0, got {max_norm}")
        if nonfinite not in get_args(NonFinite):
            raise ValueError(f"nonfinite must be raise, zero or keep, got {nonfinite!r}")
        self.max_norm = max_norm
        self.nonfinite = nonfinite
        self._norms = window(_KEPT)
        self._counts = {"steps": 0, "clipped": 0, "nonfinite": 0}

    def __call__(
        self,
        parameters: nn.Module | Tensor | Iterable[Tensor],
        *,
        scaler: Any = None,
        optimizer: torch.optim.Optimizer | None = None,
    ) -> float:
        """Clip, and tell the norm as it was.

        Args:
            parameters: a model, or its parameters; those without a gradient do not count.
            scaler: the GradScaler of this training, so that the order can be checked.
            optimizer: the one that the scaler steps.

        Returns:
            The norm before, at least 0; 0 without any gradient, which is warned of and not counted.

        Raises:
            RuntimeError: the scaler has not unscaled this optimizer's gradients, or the norm is no finite number and
                nonfinite is raise.
            ValueError: a scaler without its optimizer.
        """
        _refuse_scaled(scaler, optimizer)
        gradients = _gradients(parameters)
        if not gradients:
            warnings.warn("clipping has no effect: no gradient is there, call backward first", NoEffectWarning, 2)
            return 0.0
        norm = _norm(gradients)
        self._counts["steps"] += 1
        if math.isfinite(norm):
            self._clip(gradients, norm)
        else:
            self._meet_nonfinite(gradients, norm, "keep" if scaler is not None else self.nonfinite)
        return norm

    def _clip(self, gradients: list[Tensor], norm: float) -> None:
        self._norms.append(norm)
        if norm > self.max_norm:
            self._counts["clipped"] += 1
            for gradient in gradients:
                gradient.mul_(self.max_norm / norm)

    def _meet_nonfinite(self, gradients: list[Tensor], norm: float, way: NonFinite) -> None:
        self._counts["nonfinite"] += 1
        if way == "raise":
            raise RuntimeError(f"gradients must be finite to be clipped, got a norm of {norm}")
        if way == "zero":
            for gradient in gradients:
                gradient.zero_()

    def report(self) -> NormReport:
        """What the norms say: the share of clipped steps, quantiles, and a threshold."""
        return NormReport(self.max_norm, **self._counts, quantiles=quantiles(self._norms, _QUANTILES))

    def state_dict(self) -> dict[str, Any]:
        """The counts and the remembered norms, plain numbers."""
        return {"counts": dict(self._counts), "norms": list(self._norms)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there.

        Args:
            state: of `state_dict`.
        """
        self._counts = dict(state["counts"])
        self._norms.clear()
        self._norms.extend(state["norms"])


def _gradients(parameters: nn.Module | Tensor | Iterable[Tensor]) -> list[Tensor]:
    if isinstance(parameters, nn.Module):
        parameters = parameters.parameters()
    listed = [parameters] if isinstance(parameters, Tensor) else list(parameters)
    return [_numbers(p) for p in listed if p.grad is not None]


def _numbers(p: Tensor) -> Tensor:
    """Of its gradient, out of autograd's sight, so that they may be scaled in place.

    A sparse one may name a row more than once; its norm is that of the sums.
    """
    gradient = cast("Tensor", p.grad)
    if gradient.is_sparse:
        p.grad = gradient = gradient.coalesce()
        return gradient.detach()._values()  # noqa: SLF001 - values() refuses to be changed
    return gradient.detach()


@torch.no_grad()
def _norm(gradients: list[Tensor]) -> float:
    """In float32 and on one device, since squares of half precision overflow at 256."""
    lengths = [torch.linalg.vector_norm(g, dtype=torch.promote_types(g.dtype, torch.float32)) for g in gradients]
    whole = [n.full_tensor() if hasattr(n, "full_tensor") else n for n in lengths]  # a DTensor knows its own shard only
    return float(torch.linalg.vector_norm(torch.stack([n.to(whole[0].device, whole[0].dtype) for n in whole])))


def _refuse_scaled(scaler: Any, optimizer: torch.optim.Optimizer | None) -> None:
    """The stage that a GradScaler keeps for each optimizer; where it keeps none that is known, nothing is refused."""
    if scaler is None or not scaler.is_enabled():
        return
    if optimizer is None:
        raise ValueError("optimizer must be given with a scaler, got None")
    states = getattr(scaler, "_per_optimizer_states", None)
    if states is None:
        return
    stage = getattr(states.get(id(optimizer), {}).get("stage"), "name", "READY")
    if stage != "UNSCALED":
        raise RuntimeError(f"gradients must be unscaled to be clipped, got stage {stage}: call scaler.unscale_ before")
