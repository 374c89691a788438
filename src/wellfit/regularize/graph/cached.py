"""Layers that keep their first graph and would ignore every later one, whatever was dropped from it."""

from torch import Tensor, nn


def refuse_cached(model: nn.Module) -> None:
    """Make sure that no layer answers from a graph, or features, that it has kept.

    `GCNConv(cached=True)` of PyTorch Geometric normalises the first graph it sees and uses that ever after: dropping
    half of the edges then changes not one bit of its output. APPNP, GCN2Conv, SGConv and others have the same option.

    Args:
        model: any module; looked through with all its parts.

    Raises:
        ValueError: if a layer is set to keep, or has kept, such a thing. All of them are named.

    Example:
        >>> refuse_cached(nn.Sequential(nn.Linear(2, 2)))
    """
    keeping = [f"{name or 'the model'} ({type(part).__name__})" for name, part in model.named_modules() if _keeps(part)]
    if keeping:
        raise ValueError(
            f"layers that cache their graph ignore what is dropped from it: {', '.join(keeping)}; build them with "
            "cached=False"
        )


def _keeps(layer: nn.Module) -> bool:
    if getattr(layer, "cached", False) is True or getattr(layer, "_cached", False) is True:  # PyG's name, and DGL's
        return True
    return any(name.startswith("_cached_") and _is_graph(kept) for name, kept in vars(layer).items())


def _is_graph(kept: object) -> bool:
    """A tensor, PyG's pair of edges and weights, or a sparse matrix; not a flag or nothing."""
    return isinstance(kept, (Tensor, tuple)) or hasattr(kept, "sparse_sizes")
