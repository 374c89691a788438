"""Delete tokens and close the gaps, in everything that has a value for each token."""

from typing import Literal

from torch import Tensor

Side = Literal["right", "left"]


def close_up(values: Tensor, gone: Tensor, fill: int, side: Side = "right") -> Tensor:
    """The values that stay, moved together in their order, and filled up to the old width.

    Args:
        values: any type, shape (N, T, ...).
        gone: bool, shape (N, T).
        fill: stands where nothing is left.
        side: where that is: "right" behind the values, "left" before them.

    Returns:
        As values; a new tensor.

    Example:
        >>> close_up(torch.tensor([[5, 6, 7]]), torch.tensor([[False, True, False]]), fill=0)
        tensor([[5, 7, 0]])
    """
    return moved(values, places_of(gone, side), fill)


def places_of(gone: Tensor, side: Side) -> Tensor:
    """Where each token goes in its row, counted from 1.

    Args:
        gone: bool, shape (N, T).
        side: as of `close_up`.

    Returns:
        int64, shape (N, T); 0 for what is gone.
    """
    stays = ~gone
    places = stays.cumsum(1)
    if side == "left":
        places += gone.sum(1, keepdim=True)
    return places.mul_(stays)


def moved(values: Tensor, places: Tensor, fill: int) -> Tensor:
    """The values at these places, and the fill where none goes.

    Args:
        values: any type, shape (N, T, ...).
        places: int64, shape (N, T), from `places_of`.
        fill: stands where nothing is left.

    Returns:
        As values; a new tensor.
    """
    rows, width = places.shape
    wide = values.new_full((rows, width + 1, *values.shape[2:]), fill)
    each = places.view(rows, width, *(1,) * (values.dim() - 2)).expand(values.shape)
    return wide.scatter_(1, each, values)[:, 1:].contiguous()
