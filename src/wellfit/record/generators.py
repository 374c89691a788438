"""The random generators of a process: read whole, so that an unseeded run can be had again, and set to that."""

import hashlib
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch


def read_states() -> dict[str, Any]:
    """The states of Python's, numpy's and torch's global generators, as JSON takes them."""
    kind, inner, gauss = random.getstate()
    name, keys, position, has_gauss, cached = np.random.get_state(legacy=True)  # noqa: NPY002 - the global one
    return {
        "python": [kind, list(inner), gauss],
        "numpy": [name, np.asarray(keys).tolist(), int(position), int(has_gauss), float(cached)],
        "torch": torch.get_rng_state().numpy().tobytes().hex(),
    }


def set_states(states: Mapping[str, Any]) -> None:
    """Set the global generators to what `read_states` gave."""
    kind, inner, gauss = states["python"]
    random.setstate((kind, tuple(inner), gauss))
    name, keys, *rest = states["numpy"]
    np.random.set_state((name, np.array(keys, dtype=np.uint32), *rest))  # noqa: NPY002 - the global one
    torch.set_rng_state(torch.frombuffer(bytearray.fromhex(states["torch"]), dtype=torch.uint8))


def set_states_of(file: Path) -> None:
    """The same from a file.

    Raises:
        OSError: it cannot be read.
    """
    set_states(json.loads(file.read_text()))


def hash_states() -> dict[str, str]:
    """A hash of the state of each global generator, those of accelerators in use included."""
    hashed = {name: _hash(repr(state).encode()) for name, state in read_states().items()}
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for device in range(torch.cuda.device_count()):
            hashed[f"cuda:{device}"] = _hash(torch.cuda.get_rng_state(device).numpy().tobytes())
    return hashed


def _hash(content: bytes) -> str:
    return hashlib.blake2b(content, digest_size=16).hexdigest()
