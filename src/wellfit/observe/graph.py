"""The autograd graph behind a loss, as it stands right before backward."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from wellfit.model.place import Place
from wellfit.observe import adapter

METADATA_KEY = "wellfit.place"
"""Under this key a node's own metadata holds the line that made it, in iterations with lines on."""

MOST_NODES = 50_000
"""Nodes after which a walk stops: a graph that large is a program that keeps its graphs."""


@dataclass
class Graph:
    """Nodes in breadth-first order from the loss, with the node that each was first reached from.

    Args:
        nodes: never kept past backward.
        parents: by position in `nodes`, the position of the node one step nearer to the loss; -1 for the root.
        leaves: leaf tensors that gradients will be added to, by id.
        whole: the walk saw all of it.
    """

    nodes: list[Any] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    leaves: dict[int, Tensor] = field(default_factory=dict)
    whole: bool = True

    def place(self, position: int) -> Place | None:
        """The user's line behind a node: its own stamp, or that of the nearest one towards the loss.

        An operation that torch composes of others is stamped on its last node only.
        """
        while position >= 0:
            stamp = self.nodes[position].metadata.get(METADATA_KEY)
            if stamp is not None:
                return stamp  # type: ignore[no-any-return]
            position = self.parents[position]
        return None

    def positions(self, *names: str) -> Iterator[int]:
        """Positions of all nodes with one of these names."""
        return (i for i, node in enumerate(self.nodes) if node.name() in names)


def walk(loss: Tensor) -> Graph:
    """Walk everything that gradients of this tensor will flow through."""
    graph = Graph()
    if loss.grad_fn is None:
        if loss.requires_grad:
            graph.leaves[id(loss)] = loss
        return graph
    seen = {loss.grad_fn}
    graph.nodes.append(loss.grad_fn)
    graph.parents.append(-1)
    for position, node in enumerate(graph.nodes):
        if position >= MOST_NODES:
            graph.whole = False
            break
        leaf = adapter.leaf_variable(node)
        if leaf is not None:
            graph.leaves[id(leaf)] = leaf
        for following in adapter.next_nodes(node):
            if following not in seen:
                seen.add(following)
                graph.nodes.append(following)
                graph.parents.append(position)
    return graph


def producers(node: Any, passes: Callable[[Any], bool], *, most: int = 64) -> Iterator[Any]:
    """The nodes that made a value, looking through those that `passes` lets through (shape-only hops, say)."""
    waiting, seen = [node], 0
    while waiting and seen < most:
        current = waiting.pop()
        seen += 1
        if passes(current):
            waiting.extend(adapter.next_nodes(current))
        else:
            yield current


def only_moves(node: Any) -> bool:
    """Whether a node only moves, copies, casts or drops values."""
    return node.name() in adapter.SHAPE_NODES
