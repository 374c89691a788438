"""Passes over loaders whose workers stay alive between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

LASTING = "_iterator"
"""Where a loader with persistent workers keeps the pass that it is in."""


@contextmanager
def passes_of_their_own(*loaders: Any) -> Iterator[None]:
    """Loaders whose workers stay alive keep the pass that they are in; those started within are ended."""
    lasting = [loader for loader in loaders if getattr(loader, LASTING, None) is not None]
    held = [(loader, getattr(loader, LASTING)) for loader in lasting]
    for loader in lasting:
        setattr(loader, LASTING, None)
    try:
        yield
    finally:
        for loader, iterator in held:
            setattr(loader, LASTING, iterator)
