"""Operations whose derivative has no bound, watched while gradients flow through them in a sampled iteration."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from wellfit.observe import adapter
from wellfit.observe.graph import Graph
from wellfit.observe.origins import Mark, fingerprint

STEEP = frozenset({
    "SqrtBackward0", "LogBackward0", "Log2Backward0", "Log10Backward0", "Log1PBackward0", "DivBackward0",
    "AcosBackward0", "AsinBackward0", "LinalgVectorNormBackward0", "CdistBackward0", "ExpBackward0",
    "RsqrtBackward0", "LinalgEighBackward0", "LinalgSvdBackward0", "ReciprocalBackward0", "Atan2Backward0",
    "PowBackward0", "PowBackward1",
})  # fmt: skip
"""Where a finite result can have an infinite derivative, or a branch that was not taken can poison the gradient."""

MOST_WATCHED = 64
"""Nodes that are watched in one backward: beyond them the sampled steps would become dear."""


class SteepNodes:
    """Notes, for each steep node, whether gradients were finite before it and after it."""

    def __init__(self) -> None:
        self._seen: list[tuple[int, Tensor, Tensor]] = []
        self._names: tuple[str, ...] = ()
        self._round = 0

    def watch(self, graph: Graph) -> None:
        """Put a hook on the steep nodes; it dies with the graph."""
        steep = [i for i, n in enumerate(graph.nodes) if n.name() in STEEP and _may_be_steep(n)]
        if not steep or len(steep) > MOST_WATCHED:
            return
        self.forget()
        order, names = fingerprint(graph)
        self._names = tuple(names)
        for position in steep:
            graph.nodes[position].register_hook(self._note(order.index(position), self._round))

    def forget(self) -> None:
        """The iteration is over; a hook that still lives does nothing from here on."""
        self._seen = []
        self._round += 1

    def guilty(self) -> Mark | None:
        """The node, nearest to the loss, that was given finite gradients and handed on others."""
        for rank, before, after in sorted(self._seen, key=lambda entry: -entry[0]):
            if bool(before) and not bool(after):
                return Mark(self._names, rank)
        return None

    def _note(self, rank: int, round_: int) -> Callable[[Any, Any], None]:
        def note(below: Any, above: Any) -> None:
            if round_ == self._round and len(self._seen) < MOST_WATCHED:
                self._seen.append((rank, _all_finite(above), _all_finite(below)))

        return note


def _all_finite(gradients: Any) -> Tensor:
    given = [g for g in gradients if isinstance(g, Tensor)]
    with torch.no_grad():
        finite = [torch.isfinite(g.detach()).all() for g in given]
        return torch.stack(finite).all() if finite else torch.ones((), dtype=torch.bool)


def _may_be_steep(node: Any) -> bool:
    """A power with a whole exponent above one has a bounded slope."""
    exponent = adapter.saved(node, "exponent") if node.name() == "PowBackward0" else None
    return not isinstance(exponent, (int, float)) or exponent < 1
