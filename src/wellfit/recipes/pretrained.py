"""Whether a model's weights have been trained before, told from what no initialisation leaves behind."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

SPREAD = 0.05
"""Gains that differ by more than this were trained: initialisations set one value, or draw with 0.02 (DCGAN)."""

SHARE = 0.5
"""Share of the norms that must say so: a head or an adapter may be fresh."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A judgement and its evidence.

    Args:
        is_so: False where it is not certain.
        evidence: in words.
    """

    is_so: bool
    evidence: str


@torch.no_grad()
def looks_trained(model: nn.Module) -> Trained:
    """Whether the gains of a model's norms have moved apart, which training does and no customary start.

    Args:
        model: any module; it is not run.

    Returns:
        False where the model has no norms with gains, since bare matrices do not tell.
    """
    gains = [g for m in model.modules() if (g := _gain(m)) is not None]
    if not gains:
        return Trained(is_so=False, evidence="taken as fresh: no norm whose gains could tell")
    moved = sum(bool(g.float().std() > SPREAD) for g in gains)
    counted = sum(_has_seen_batches(m) for m in model.modules())
    seen = f"{moved} of {len(gains)} norms have gains that differ by more than {SPREAD}"
    if moved > SHARE * len(gains):
        return Trained(is_so=True, evidence=f"taken as pretrained: {seen}")
    return Trained(
        is_so=False, evidence=f"taken as fresh: {seen}" + (f", {counted} have seen batches" if counted else "")
    )


def _gain(module: nn.Module) -> torch.Tensor | None:
    """The gains of a norm, of any class: a module without parts whose one matrix-free weight is a vector."""
    weight = getattr(module, "weight", None)
    if any(True for _ in module.children()) or not isinstance(weight, nn.Parameter) or weight.is_meta:
        return None
    is_vector = weight.dim() == 1 and weight.numel() > 1
    return weight if is_vector and all(p.shape == weight.shape for p in module.parameters(recurse=False)) else None


def _has_seen_batches(module: nn.Module) -> bool:
    counter = getattr(module, "num_batches_tracked", None)
    return isinstance(module, _BatchNorm) and counter is not None and not counter.is_meta and int(counter) > 0
