"""Rows of a batch as hashes, so that the same sample is known when it comes again."""

from typing import Any

import torch
from torch import Tensor

MOST_VALUES = 256
"""Values of a row that its hash is made of, spread over it."""

MIN_DIFFERENT = 4
"""Different values that a row needs: rows of constants and of few small numbers agree by accident."""

MIN_TOKENS = 8
"""Values that a row of integers needs."""

MOST_KEYS = 128
"""Rows of one call for which `row_keys` makes keys."""

_BITS = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
_FLOATS = frozenset({torch.float32, torch.float64, torch.float16})
_INTEGERS = frozenset({torch.int64, torch.int32})


def is_readable(value: object) -> bool:
    """Whether a value is a batch whose rows can be told apart by their hashes."""
    if type(value) is not Tensor or value.dim() < 2 or value.layout is not torch.strided:  # noqa: PLR2004 - rows of values
        return False
    rows = value.shape[0]
    if not rows or value.device.type == "meta":
        return False
    width = value.numel() // rows
    return (value.dtype in _FLOATS and width >= MIN_DIFFERENT) or (value.dtype in _INTEGERS and width >= MIN_TOKENS)


def hash_rows(batch: Tensor, most: int) -> list[int]:
    """Hashes of up to `most` rows, spread over the batch: a few microseconds for each row."""
    return [hash(row.tobytes()) for row in _values(batch, most)]


def hash_telling_rows(batch: Tensor, most: int) -> list[int]:
    """The same, without the rows that have too few different values to be told apart."""
    values = _values(batch, most)
    ordered = values.copy()
    ordered.sort(axis=1)
    different = (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1)
    return [hash(row.tobytes()) for row, enough in zip(values, different >= MIN_DIFFERENT - 1, strict=True) if enough]


def _values(batch: Tensor, most: int) -> Any:
    rows = batch.detach()
    count = rows.shape[0]
    data = rows[:: -(-count // most)] if count > most else rows
    data = data.reshape(data.shape[0], -1)
    if data.shape[1] > MOST_VALUES:
        data = data[:, :: -(-data.shape[1] // MOST_VALUES)]
    return data.cpu().contiguous().numpy()


def row_keys(tensor: Tensor) -> list[int]:
    """Hashes of the first rows of anything with rows, of every dtype, exact whatever the batch it came in."""
    with torch.no_grad():
        rows = tensor.detach()[:MOST_KEYS].reshape(min(len(tensor), MOST_KEYS), -1)
        values = rows[:, :: max(1, rows.shape[1] // MOST_VALUES)].contiguous()
        return [hash(row.tobytes()) for row in values.view(_BITS[values.element_size()]).cpu().numpy()]
