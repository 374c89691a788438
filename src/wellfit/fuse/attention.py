"""Attention in a form that is repeatable, with numbers for its dropout, and quick where many trials have few keys."""

import math
from typing import Any

import torch
from torch import Tensor

from wellfit.fuse.dropouts import Draw, dropout

SHORT = 16
"""Keys up to which softmax is quicker over an axis that is not the last one in memory."""


def attention(  # noqa: PLR0913, PLR0917  # torch's own, and how its dropout draws
    q: Tensor, k: Tensor, v: Tensor, options: dict[str, Any], p: float | Tensor, draw: Draw | None
) -> Tensor:
    """`F.scaled_dot_product_attention` by its formula.

    Args:
        q: shape (..., L, E).
        k: shape (..., S, E).
        v: shape (..., S, D).
        options: `attn_mask`, `is_causal` and `scale`, as torch's.
        p: chance that a weight is dropped.
        draw: numbers in [0, 1) that decide; None where none is dropped.

    Returns:
        Shape (..., L, D).

    Raises:
        NotImplementedError: for grouped queries.
    """
    if options.get("enable_gqa"):
        raise NotImplementedError("attention with grouped queries and dropout has no form that is repeatable")
    mask = options.get("attn_mask")
    if options.get("is_causal"):
        mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool, device=q.device).tril()
    q = q * (options.get("scale") or 1 / math.sqrt(q.shape[-1]))
    if k.shape[-2] > SHORT:
        weights = _masked(q @ k.mT, mask).softmax(-1)
        return (weights if draw is None else dropout(weights, p, draw)) @ v
    weights = _masked(k @ q.mT, None if mask is None else mask.mT).softmax(-2)
    return (v.mT @ (weights if draw is None else dropout(weights, p, _turned(draw)))).mT


def _turned(draw: Draw) -> Draw:
    """The same numbers for the same pairs, where keys come before queries."""
    return lambda shape: draw((*shape[:-2], shape[-1], shape[-2])).mT.contiguous()


def _masked(scores: Tensor, mask: Tensor | None) -> Tensor:
    if mask is None:
        return scores
    return scores.masked_fill(~mask, -math.inf) if mask.dtype == torch.bool else scores + mask


def parted(arguments: dict[str, Any]) -> dict[str, Any]:
    """Queries, keys and values of `F.multi_head_attention_forward` as three tensors, which it projects one by one.

    Torch projects a tensor that is all three at once; parting what comes out takes two copies of it, forwards and
    backwards.
    """
    query, key, value = (arguments[name] for name in ("query", "key", "value"))
    if not query is key is value:
        return {}
    query = query.contiguous()
    return {"query": query, "key": query.view_as(query), "value": query.view_as(query)}
