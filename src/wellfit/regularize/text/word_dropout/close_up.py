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
    width = gone.shape[1]
    places = (~gone).cumsum(1) - 1
    if side == "left":
        places += gone.sum(1, keepdim=True)
    places = places.masked_fill_(gone, width).view(*gone.shape, *(1,) * (values.dim() - 2)).expand(values.shape)
    wide = values.new_full((len(values), width + 1, *values.shape[2:]), fill)
    return wide.scatter_(1, places, values)[:, :width].contiguous()
