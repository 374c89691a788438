"""Whether a run was left as it stood: one hash of everything that a training can change."""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from wellfit.observe.hashes import hash_generators, tensor_bytes

SAMPLERS = ("sampler", "batch_sampler", "generator", "epoch", "_iterator", "dataset")
"""Attributes of a loader or sampler that say where it stands."""


def fingerprint(*parts: Any) -> str:
    """One hash of models, optimizers, schedulers, scalers, loaders and of all global random generators.

    It counts parameters, gradients, buffers, modes and plain attributes of modules, whatever `state_dict()` gives,
    and where a loader's generators and counters stand. Which objects hold the values counts too, so a parameter
    exchanged for an equal one shows.

    Args:
        parts: any of these; what is None is skipped.

    Returns:
        A hash; equal before and after, and nothing was changed.

    Example:
        >>> model = torch.nn.Linear(2, 1)
        >>> before = fingerprint(model)
        >>> with torch.no_grad():
        ...     _ = model.bias.add_(1)
        >>> fingerprint(model) == before
        False
    """
    hashed = hashlib.blake2b(hash_generators().encode(), digest_size=16)
    for part in parts:
        for piece in _pieces(part):
            hashed.update(piece)
    return hashed.hexdigest()


def _pieces(part: Any) -> Iterator[bytes]:
    if isinstance(part, nn.Module):
        for module in part.modules():
            yield from _of_module(module)
    elif isinstance(part, Optimizer):
        yield from _of(part.param_groups)
        yield from _of(dict(part.state))
        yield from _of({name: v for name, v in vars(part).items() if type(v) in (bool, int, float)})
    elif callable(getattr(part, "state_dict", None)):
        yield from _of(part.state_dict())
    else:
        yield from _of_loader(part)


def _of_module(module: nn.Module) -> Iterator[bytes]:
    for name, value in vars(module).items():
        yield name.encode()
        yield from _of(value)


def _of_loader(loader: Any, depth: int = 3) -> Iterator[bytes]:
    for name in SAMPLERS if depth else ():
        value = getattr(loader, name, None)
        if isinstance(value, (int, torch.Generator)):
            yield from _of(value)
        elif value is not None:
            yield repr((name, id(value))).encode()
            yield from _of_loader(value, depth - 1)


def _of(value: Any) -> Iterator[bytes]:
    """The bytes of a value: of tensors all of them, of containers their members', of other objects who they are."""
    if isinstance(value, Tensor):
        yield from _of_tensor(value)
    elif isinstance(value, torch.Generator):
        yield value.get_state().numpy().tobytes()
    elif isinstance(value, dict):
        for key, member in value.items():
            yield str(id(key) if isinstance(key, Tensor) else key).encode()
            yield from _of(member)
    elif isinstance(value, (list, tuple)):
        yield from _all(value)
    elif isinstance(value, (bool, int, float, str, type(None))):
        yield repr(value).encode()
    else:
        yield str(id(value)).encode()


def _all(values: Iterable[Any]) -> Iterator[bytes]:
    for value in values:
        yield from _of(value)


def _of_tensor(tensor: Tensor) -> Iterator[bytes]:
    whole = tensor.detach() if tensor.layout is torch.strided else tensor.detach().to_dense()
    yield repr((id(tensor), tuple(tensor.shape), tensor.requires_grad)).encode()
    yield tensor_bytes(whole) or b""
    if tensor.is_leaf and tensor.grad is not None:
        yield from _of_tensor(tensor.grad)
