"""Hashes of many tensors within a bound of bytes: of all of them, else of evenly spaced elements of each."""

import hashlib
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor

PLAIN = (Tensor, torch.nn.Parameter)
"""Of other types, such as those that are spread over processes, reading a value may ask the others for theirs."""


def hash_within(tensors: Sequence[Tensor], most_bytes: int) -> tuple[str, float]:
    """One hash of their shapes and bytes.

    What is read depends on shapes, dtypes and strides alone: equal values give equal hashes, and the same elements are
    read each time. Values on a device cross to the host in one transfer for each dtype, which waits for it.

    Args:
        tensors: any dtypes and devices; what cannot be read counts by its shape.
        most_bytes: that are read, about; at least one element of each tensor is.

    Returns:
        128 bits in hexadecimal, and the share of the bytes that were read, in (0, 1].
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
    return hashed.hexdigest(), read / total if total and every > 1 else 1.0


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
    return flat[::every] if flat.numel() > every else flat[:1]  # a stride is kept by a single element, too


def _in_memory_order(values: Tensor) -> Tensor:
    """One dimension, without a copy where the elements lie beside each other, in whatever order of dimensions."""
    strides = values.stride()
    order = sorted(range(values.dim()), key=lambda dim: (-strides[dim], dim))
    return values.permute(order).reshape(-1)


def _on_host(parts: Iterable[Tensor | None]) -> list[Tensor | None]:
    """The same values, contiguous in the host's memory."""
    found = [None if part is None else part.contiguous() if part.is_cpu else part for part in parts]
    away: dict[tuple[torch.device, torch.dtype], list[int]] = {}
    for place, part in enumerate(found):
        if part is not None and not part.is_cpu:
            away.setdefault((part.device, part.dtype), []).append(place)
    for places in away.values():
        joined = [part for place in places if (part := found[place]) is not None]
        sizes = [part.numel() for part in joined]
        whole = torch.cat(joined).cpu() if len(joined) > 1 else joined[0].cpu().contiguous()
        for place, values in zip(places, whole.split(sizes), strict=True):
            found[place] = values
    return found
