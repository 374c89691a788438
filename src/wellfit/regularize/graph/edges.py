"""What is known of a graph's edges: looked up once, and again only after they changed."""

from collections.abc import MutableMapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from wellfit.regularize.coins import pieces, scatter

_ANY_START = 0x5851F42D4C957F2D
"""Whether a graph is undirected must not depend on a draw: its numbers begin at a fixed place (Knuth's MMIX)."""


@dataclass(slots=True)
class EdgeFacts:
    """Of one edge_index.

    Args:
        lowest: node id, 0 without edges.
        highest: node id, -1 without edges.
        loops: int64, shape (L,), places of the edges that lead from a node to itself.
        undirected: whether each edge's reverse is there, as often as itself; None before anyone asked.
        version: the tensor's, when this was found out.
    """

    lowest: int
    highest: int
    loops: Tensor
    undirected: bool | None
    version: int


_KNOWN: MutableMapping[Tensor, EdgeFacts] = WeakIdKeyDictionary()
"""EdgeFacts of the tensors that live. A training asks the same graph in every step; a look is a pass over it."""


def edge_facts(edge_index: Tensor) -> EdgeFacts:
    """What is known of these edges, all but `undirected`, for which see `is_undirected`.

    Args:
        edge_index: whole numbers, shape (2, E). What was found out is used again until torch says that the tensor
            changed; a change through numpy's view of the same memory stays unseen.

    Raises:
        TypeError: if edge_index is no dense tensor of whole numbers.
        ValueError: if its shape is another, or an id is negative.
    """
    _check_form(edge_index)
    version = -1 if edge_index.is_inference() else edge_index._version  # noqa: SLF001 the public name of it is none
    facts = _KNOWN.get(edge_index)
    if facts is None or version < 0 or facts.version != version:
        facts = _KNOWN[edge_index] = _look(edge_index, version)
    if facts.lowest < 0:
        raise ValueError(f"edge_index must hold node ids >= 0, got {facts.lowest}")
    return facts


def _check_form(edge_index: object) -> None:
    if not isinstance(edge_index, Tensor) or edge_index.layout != torch.strided:
        form = edge_index.layout if isinstance(edge_index, Tensor) else type(edge_index).__name__
        raise TypeError(f"edge_index must be a dense tensor of shape (2, E), got {form}")
    if edge_index.dtype not in {torch.int64, torch.int32}:
        raise TypeError(f"edge_index must be int64 or int32, got {edge_index.dtype}")
    if edge_index.dim() != 2 or edge_index.shape[0] != 2:  # noqa: PLR2004 from and to
        raise ValueError(f"edge_index must be of shape (2, E), got {tuple(edge_index.shape)}")


def _look(edge_index: Tensor, version: int) -> EdgeFacts:
    if edge_index.shape[1] == 0:
        return EdgeFacts(0, -1, edge_index.new_empty(0, dtype=torch.int64), undirected=True, version=version)
    low, high = edge_index.aminmax()
    loops = (edge_index[0] == edge_index[1]).nonzero().squeeze(1)
    return EdgeFacts(int(low), int(high), loops, undirected=None, version=version)


def is_undirected(edge_index: Tensor) -> bool:
    """Whether each edge's reverse is there too, as often as the edge itself, in whatever order.

    Each edge adds a hash of its two nodes, with the sign of its direction: the sum is 0 for an undirected graph, and
    for any other one with a chance of about 2**-63.

    Args:
        edge_index: whole numbers, shape (2, E). Edges from a node to itself do not matter; without edges, True.
    """
    facts = edge_facts(edge_index)
    if facts.undirected is None:
        facts.undirected = _signed_sum(edge_index) == 0
    return facts.undirected


def _signed_sum(edge_index: Tensor) -> int:
    total = torch.zeros((), dtype=torch.int64, device=edge_index.device)
    for cut in pieces(edge_index.shape[1], edge_index.device):
        source, target = edge_index[0, cut].long(), edge_index[1, cut].long()
        hashes = scatter((source + _ANY_START).mul_(target + _ANY_START))
        total += hashes.mul_((source - target).sign_()).sum()
    return int(total)


def check_node_count(edge_index: Tensor, num_nodes: int) -> None:
    """Whether all edges lie among so many nodes.

    Raises:
        ValueError: if an id is too large, or the count is negative.
    """
    if num_nodes < 0:
        raise ValueError(f"num_nodes must be >= 0, got {num_nodes}")
    highest = edge_facts(edge_index).highest
    if highest >= num_nodes:
        raise ValueError(f"edge_index must hold node ids below num_nodes = {num_nodes}, got {highest}")
