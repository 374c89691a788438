"""A `torch.Generator` that tells with what it is seeded."""

import sys
from typing import Any, Protocol

import torch

_KIND: Any = torch.Generator


class Told(Protocol):
    """Who is told of seeds, and may give others."""

    def seed_with(self, function: str, value: Any, frame: Any) -> Any:
        """What to seed with in place of a value."""


def torch_generator(told: Told) -> type:
    """A class to stand in the place of `torch.Generator`; all generators of torch count as its instances."""

    class Kind(type(_KIND)):  # type: ignore[misc]
        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, _KIND)

    class Generator(_KIND, metaclass=Kind):  # type: ignore[misc]
        def manual_seed(self, seed: int) -> Any:
            value = told.seed_with("Generator.manual_seed", seed, sys._getframe(1))
            return super().manual_seed(value)

        def seed(self) -> int:
            value: int = told.seed_with("Generator.seed", None, sys._getframe(1))
            super().manual_seed(value)
            return value

    Generator.__module__, Generator.__qualname__ = "torch", "Generator"
    return Generator
