"""Zero some columns of a graph's features for all of its nodes."""

from typing import Any, ClassVar

import torch
from torch import Tensor

from wellfit.regularize.card import Card
from wellfit.regularize.draws import Draws, drawn
from wellfit.regularize.graph.batched import places
from wellfit.regularize.graph.drop_feature.card import DROP_FEATURE
from wellfit.regularize.graph.holder import held
from wellfit.regularize.graph.method import GraphMethod
from wellfit.regularize.method import fraction

_COINS = 0
"""Stream of the draws, of which there is one."""


def drop_features(  # noqa: PLR0913 - keyword-only options
    x: Tensor,
    *,
    p: float,
    rescale: bool = True,
    batch: Tensor | None = None,
    draws: Draws | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Zero columns, the same for every node: x * mask / (1 - p), the mask a row of 0 and 1.

    Args:
        x: floating point, shape (N, F).
        p: chance that a column is zeroed, in [0, 1].
        rescale: divide what stays by 1 - p, so that its mean over draws is x, as evaluation sees it.
        batch: int64, shape (N,), each node's graph, ascending; used with the draws of several graphs, each of which
            then has a mask of its own.
        draws: numbers of the graph, or of each graph of the batch.
        generator: draws them where they are not given; torch's default one where None.

    Returns:
        As x; a new tensor, through which gradients flow. At p = 1 all zeros.

    Raises:
        ValueError: if p lies outside [0, 1], or a shape is wrong.
        TypeError: if x is not of floating point.

    Example:
        >>> drop_features(torch.ones(2, 3), p=1.0)
        tensor([[0., 0., 0.],
                [0., 0., 0.]])
        >>> dropped = drop_features(torch.ones(4, 100), p=0.5)
        >>> bool((dropped == dropped[0]).all()), sorted(set(dropped[0].tolist()))
        (True, [0.0, 2.0])

    Source:
        PyTorch Geometric, torch_geometric.utils.mask_feature with mode="col", which does not rescale.
    """
    p = fraction("p", p)
    _check_features(x)
    if draws is None:
        draws = drawn(1, generator=generator, device=x.device)
    kept = (~draws.coins(_COINS, p, x.shape[1])).to(x.dtype)
    if rescale and p < 1:
        kept /= 1 - p
    return x * (kept if draws.samples == 1 else _by_node(kept, x, draws, batch))


def _check_features(x: Tensor) -> None:
    if not x.is_floating_point():
        raise TypeError(f"x must be of floating point, got {x.dtype}")
    if x.dim() != 2:  # noqa: PLR2004 nodes and features
        raise ValueError(f"x must be of shape (N, F), got {tuple(x.shape)}")


def _by_node(kept: Tensor, x: Tensor, draws: Draws, batch: Tensor | None) -> Tensor:
    if batch is None:
        raise ValueError(f"batch must say each node's graph where there are {draws.samples} graphs")
    return kept[places(batch, draws.samples, len(x)).graph]


class DropFeature(GraphMethod):
    """Zeroes each column of the features with chance p, for all nodes alike; off in eval().

    Not `nn.Dropout`, which zeroes single entries: those a node learns again from its neighbours, a column it does not.
    Takes the features, or a graph of PyTorch Geometric or DGL, and leaves what it was given as it is.

    Args:
        p: chance that a column is zeroed at strength 1, in [0, 1].
        rescale: divide what stays by 1 - p, so that its mean over draws is what evaluation sees.
        per_graph: each graph of a batch has a mask of its own, instead of one for all.
        feature: name of the features in a graph; None stands for "x", or "feat" in a DGL graph.
        strength, seed, generator: as of every method.

    Raises:
        ValueError: if p or strength lies outside [0, 1].

    Example:
        >>> drop = DropFeature(1.0)
        >>> drop(torch.ones(1, 2)), drop.eval()(torch.ones(1, 2))
        (tensor([[0., 0.]]), tensor([[1., 1.]]))

    Source:
        PyTorch Geometric, torch_geometric.utils.mask_feature with mode="col", which does not rescale.
    """

    card: ClassVar[Card] = DROP_FEATURE

    def __init__(  # noqa: PLR0913 - keyword-only options
        self,
        p: float = DROP_FEATURE.full,
        *,
        rescale: bool = True,
        per_graph: bool = False,
        feature: str | None = None,
        strength: float = 1.0,
        seed: int = 0,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__(p, strength=strength, seed=seed, generator=generator)
        self.rescale = rescale
        self.per_graph = per_graph
        self.feature = feature

    def forward(self, graph: Any, *, batch: Tensor | None = None, index: Tensor | None = None) -> Any:
        """Zero columns.

        Args:
            graph: features, floating point, shape (N, F), or a graph of PyTorch Geometric or DGL.
            batch: with features and per_graph, int64, shape (N,): each node's graph. A graph object brings its own.
            index: int64, shape (1,), or (G,) with per_graph: places in the data set, to which the draws then belong.

        Returns:
            The features, of the same type and shape; for a graph, a copy with them.

        Raises:
            ValueError: if a shape is wrong.
            TypeError: if graph is neither, or the features are not of floating point.
        """
        if self.chance == 0:
            return graph
        if isinstance(graph, Tensor):
            return self._dropped(graph, batch, index)
        holder = held(graph)
        name = self.feature or ("feat" if hasattr(graph, "ndata") else "x")
        return holder.with_features(name, self._dropped(holder.features(name), holder.batch, index))

    def _dropped(self, x: Tensor, batch: Tensor | None, index: Tensor | None) -> Tensor:
        _check_features(x)
        if x.numel() == 0:
            self.say_no_effect(f"the features are of shape {tuple(x.shape)}")
        batch = batch if self.per_graph else None
        draws = self._graphs_draws(x, batch, index)
        return drop_features(x, p=self.chance, rescale=self.rescale, batch=batch, draws=draws)

    def _graphs_draws(self, x: Tensor, batch: Tensor | None, index: Tensor | None) -> Draws:
        """One for each graph also where its place is not known: a mask of its own is what was asked for."""
        if batch is None or index is not None:
            return self.graph_draws(x.device, index, batch)
        return self.draws(int(batch[-1]) + 1 if len(batch) else 1, x.device, None)
