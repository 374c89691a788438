"""How deep each parameter lies: 0 before the blocks, 1 to n in them, n + 1 after the last."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import torch
from torch import Tensor, nn

_STAGES = 8
"""A list with more members is a stack of blocks and not one of stages; the widest known has 7 (EfficientNet)."""


def depths_of(model: nn.Module, blocks: Sequence[nn.Module] | None = None) -> tuple[dict[Tensor, int], int]:
    """The depth of each parameter, and how many blocks there are.

    The order is that in which the model's parts were assigned, which in nearly all models is that of its computation.
    What lies between two blocks has the depth of the one before. What a module that holds the blocks owns itself
    (class tokens, positions) comes before them.

    Args:
        model: any module.
        blocks: from input to output; None finds them.

    Raises:
        ValueError: if there are none.
    """
    blocks = list(blocks) if blocks is not None else find_blocks(model)
    if not blocks:
        raise ValueError(f"layer_decay needs blocks: {type(model).__name__} has no list of alike modules, name blocks=")
    inside = {p: place for place, block in enumerate(blocks, 1) for p in block.parameters()}
    depths: dict[Tensor, int] = {}
    current = 0
    for p in model.parameters():
        current = inside.get(p, current)
        depths[p] = current if p in inside or current < len(blocks) else len(blocks) + 1
    return depths, len(blocks)


def find_blocks(model: nn.Module) -> list[nn.Module]:
    """The modules of the longest stack of alike ones and of every other stack of the same type, in order.

    Args:
        model: any module.

    Returns:
        Empty where no list or sequence holds two modules of one type with parameters.
    """
    stacks = list(_stacks(model))
    if not stacks:
        return []
    kind = type(max(stacks, key=len)[0])
    return [block for stack in stacks if type(stack[0]) is kind for block in stack]


def _stacks(module: nn.Module) -> Iterator[list[nn.Module]]:
    """The outermost stacks; of one whose members are stages, the stacks of these."""
    if not _is_stack(module):
        yield from chain.from_iterable(_stacks(child) for child in module.children())
        return
    members = list(module.children())
    inner = list(chain.from_iterable(_stacks(m) for m in members)) if _are_stages(members) else []
    yield from inner or [members]


def _is_stack(module: nn.Module) -> bool:
    members = list(module.children())
    alike = len(members) > 1 and len({type(m) for m in members}) == 1
    return isinstance(module, (nn.ModuleList, nn.Sequential)) and alike and _trains(members[0])


def _trains(module: nn.Module) -> bool:
    return any(True for _ in module.parameters())


def _are_stages(members: list[nn.Module]) -> bool:
    """Few modules, most of them of a shape of their own: each stage of a network is wider than the one before.

    Experts within a block are lists of alike modules too, but the blocks around them have one shape.
    """
    shapes = Counter(tuple(p.shape for p in m.parameters()) for m in members)
    return len(members) <= _STAGES and max(shapes.values()) * 2 <= len(members)


def rates_of(depths: dict[Tensor, int], blocks: int, layer_decay: float) -> dict[Tensor, float]:
    """What the learning rate of each parameter is multiplied by: 1 after the last block, less by a factor per block.

    Args:
        depths: from 0 to blocks + 1.
        blocks: how many there are.
        layer_decay: the factor, in (0, 1].
    """
    return {p: layer_decay ** (blocks + 1 - depth) for p, depth in depths.items()}


def numbers_in(tensors: Sequence[Tensor]) -> int:
    """How many numbers these tensors hold."""
    return int(sum(torch.Size(p.shape).numel() for p in tensors))
