"""Hashes of many tensors within a bound of bytes: of all of them, else of evenly spaced elements of each."""

import hashlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

PLAIN = (Tensor, torch.nn.Parameter)
"""Of other types, such as those that are spread over processes, reading a value may ask the others for theirs."""


MOST_JOINED = 1 << 22
"""Bytes that are put beside each other on a device: more would show in the peak of its memory."""


def hash_within(tensors: Sequence[Tensor], most_bytes: int) -> tuple[str, float]:
    """One hash of their shapes and bytes.

    What is read depends on shapes, dtypes and strides alone: equal values give equal hashes, and the same elements are
    read each time. A few values on a device cross to the host in one transfer for each dtype, which waits for it; many
    cross tensor by tensor.

    Args:
        tensors: any dtypes and devices; what cannot be read counts by its shape.
        most_bytes: that are read, about; at least one element of each tensor is.

    Returns:
        128 bits in hexadecimal, and the share of the bytes that were read, in [0, 1].
    """
    total = sum(map(_size, tensors))
    every = max(1, -(-total // most_bytes))
    parts = [_part(tensor, every) for tensor in tensors]
    read = sum(map(_size, (part for part in parts if part is not None)))
    hashed = hashlib.blake2b(digest_size=16)
    for tensor, values in zip(tensors, _on_host(parts), strict=True):
        hashed.update(str(tuple(tensor.shape)).encode())
        if values is not None:
            hashed.update(values.view(torch.uint8).numpy().tobytes())
    return hashed.hexdigest(), read / total if total else 1.0


def _size(tensor: Tensor) -> int:
    return tensor.numel() * tensor.element_size()


def _part(tensor: Tensor, every: int) -> Tensor | None:
    """Each so many-th element, in one dimension; None where values cannot be read."""
    if type(tensor) not in PLAIN or tensor.layout != torch.strided or tensor.device.type == "meta":
        return None
    if not tensor.numel() or tensor.is_conj() or tensor.is_neg() or tensor.is_quantized:
        return None
    values = tensor.detach()
    if every == 1:
        return values.reshape(-1)
    flat = _in_memory_order(values)
    return flat[::every]


def _in_memory_order(values: Tensor) -> Tensor:
    """One dimension, without a copy where the elements lie beside each other, in whatever order of dimensions."""
    strides = values.stride()
    order = sorted(range(values.dim()), key=lambda dim: (-strides[dim], dim))
    return values.permute(order).reshape(-1)


def _on_host(parts: Sequence[Tensor | None]) -> Iterator[Tensor | None]:
    """The same values one after the other, each contiguous in the host's memory."""
    joined = _joined(parts)
    for place, part in enumerate(parts):
        values = joined.pop(place, None)
        if values is None and part is not None:
            values = part.cpu()
        if values is not None and values.stride(0) != 1:  # of a single element, too, which counts as contiguous
            values = values.clone(memory_format=torch.contiguous_format)
        yield values


def _joined(parts: Sequence[Tensor | None]) -> dict[int, Tensor]:
    """On the host, by place, those that lie on a device and are small enough to be put beside each other there."""
    away: dict[tuple[torch.device, torch.dtype], list[int]] = {}
    for place, part in enumerate(parts):
        if part is not None and not part.is_cpu:
            away.setdefault((part.device, part.dtype), []).append(place)
    joined: dict[int, Tensor] = {}
    for places in away.values():
        group = [part for place in places if (part := parts[place]) is not None]
        if sum(map(_size, group)) <= MOST_JOINED:
            whole = torch.cat(group).cpu()
            joined |= dict(zip(places, whole.split([part.numel() for part in group]), strict=True))
    return joined
