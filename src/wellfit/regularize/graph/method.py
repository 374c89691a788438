"""What the methods on graphs have in common: numbers that belong to a graph, and graphs in batches."""

from typing import Literal

import torch
from torch import Tensor, nn

from wellfit.regularize.draws import Draws
from wellfit.regularize.graph.cached import refuse_cached
from wellfit.regularize.graph.edges import edge_facts
from wellfit.regularize.method import Method, fraction

Mode = Literal["index", "mask"]


class GraphMethod(Method):
    """The base of the methods on graphs.

    Args:
        p: chance that one is dropped at strength 1, in [0, 1].
        strength, seed, generator: as of every method.

    Raises:
        ValueError: if p or strength lies outside [0, 1].
    """

    def __init__(
        self, p: float, *, strength: float = 1.0, seed: int = 0, generator: torch.Generator | None = None
    ) -> None:
        super().__init__(strength=strength, seed=seed, generator=generator)
        self.p = fraction("p", p)
        if p == 0:
            self.say_no_effect("p is 0")

    @property
    def chance(self) -> float:
        """That one is dropped now: p by strength in training mode, else 0."""
        return self.p * self.strength if self.acts else 0.0

    def graph_draws(self, device: torch.device, index: Tensor | None, batch: Tensor | None) -> Draws:
        """The numbers of a graph, or of each graph of a batch whose places in the data set are known.

        Args:
            device: of the graph.
            index: int64, shape (1,), or (G,) with a batch: places in the data set.
            batch: int64, shape (N,), each node's graph.

        Raises:
            ValueError: if index has another length.
        """
        many = index is not None and batch is not None and index.dim() == 1
        return self.draws(len(index) if many and index is not None else 1, device, index)

    def extra_repr(self) -> str:
        """What torch shows in the brackets."""
        return f"p={self.p}, strength={self.strength}"


def checked_mode(mode: Mode) -> Mode:
    """The mode, where it is one.

    Raises:
        ValueError: elsewhere.
    """
    if mode not in {"index", "mask"}:
        raise ValueError(f"mode must be 'index' or 'mask', got {mode!r}")
    return mode


def check_model(model: nn.Module | None) -> None:
    """Refuse a model that would ignore what is dropped; see `refuse_cached`."""
    if model is not None:
        refuse_cached(model)


def check_values(edges: Tensor, values: tuple[Tensor, ...], mode: Mode) -> None:
    """Whether values can move along with the edges.

    Raises:
        ValueError: if one has another number of rows, or nothing moves in this mode.
    """
    edge_facts(edges)
    count = edges.shape[1]
    if values and mode == "mask":
        raise ValueError(f"mode 'mask' moves no values, got {len(values)}: multiply them by the mask, or use 'index'")
    for value in values:
        if value.dim() == 0 or len(value) != count:
            raise ValueError(f"values must have one row for each of {count} edges, got {tuple(value.shape)}")
