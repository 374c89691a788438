"""Hashes of tensors and of random generators, by which two runs are compared."""

import hashlib
import random
import sys
from collections.abc import Iterable

import torch
from torch import Tensor

MOST_ROWS = 64
"""Samples of a batch that get a hash of their own."""


def tensor_bytes(tensor: Tensor) -> bytes | None:
    """All bytes of a tensor, or None where they cannot be read."""
    if tensor.device.type == "meta" or tensor.layout != torch.strided:
        return None
    try:
        values = tensor.detach().to("cpu").contiguous().reshape(-1).view(torch.uint8)
    except (RuntimeError, NotImplementedError):
        return None
    whole: bytes = values.numpy().tobytes()
    return whole


def hash_tensors(tensors: Iterable[Tensor]) -> str:
    """One hash of all their bytes and shapes; what cannot be read counts by its shape alone."""
    hashed = hashlib.blake2b(digest_size=16)
    for tensor in tensors:
        hashed.update(str(tuple(tensor.shape)).encode())
        hashed.update(tensor_bytes(tensor) or b"")
    return hashed.hexdigest()


def hash_rows(tensor: Tensor) -> tuple[str, ...]:
    """A hash of each of the first samples along dimension 0."""
    if not tensor.dim():
        return ()
    rows = (tensor_bytes(row) for row in tensor[:MOST_ROWS])
    return tuple(hashlib.blake2b(row, digest_size=6).hexdigest() for row in rows if row is not None)


def hash_generators() -> str:
    """One hash of the states of torch's, Python's and numpy's global generators."""
    numpy = sys.modules.get("numpy")
    hashed = hashlib.blake2b(torch.get_rng_state().numpy().tobytes(), digest_size=16)
    hashed.update(repr(random.getstate()).encode())
    if numpy is not None and "numpy.random" in sys.modules:
        name, keys, *rest = numpy.random.get_state()
        hashed.update(keys.tobytes() + repr((name, rest)).encode())
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        hashed.update(b"".join(state.numpy().tobytes() for state in torch.cuda.get_rng_state_all()))
    return hashed.hexdigest()
