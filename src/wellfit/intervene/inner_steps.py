"""The steps of optimizers from within, where one may take another's place."""

import functools
from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer

from wellfit.intervene.intervention import wrap

Around = Callable[[Callable[..., Any]], Callable[..., Any]]


class InnerSteps:
    """Stands in the `step` of every class of optimizers, inside torch's own hooks.

    Whoever listens goes on to hear of the program's object, whatever is done in its name.

    Args:
        around: put around the step of each class as its first object is made.
    """

    def __init__(self, around: Around) -> None:
        self._around = around
        self._plain: dict[type, Callable[..., Any]] = {}

    def install(self) -> None:
        """Be there before torch puts its hooks around a class."""
        wrap((Optimizer,), "_patch_step_function", self._around_patching)

    def take(self, optimizer: Optimizer) -> None:
        """Let an optimizer step without anybody hearing of it."""
        plain = next(self._plain[kind] for kind in type(optimizer).__mro__ if kind in self._plain)
        plain(optimizer)

    def _around_patching(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def patch(optimizer: Optimizer) -> None:
            if not getattr(type(optimizer).step, "inner", False):
                self._stand_in(next(kind for kind in type(optimizer).__mro__ if "step" in vars(kind)))
            original(optimizer)

        return patch

    def _stand_in(self, kind: Any) -> None:
        """Put the function around the step of a class; hooks that torch has put around it before come off, and back."""
        plain = kind.step.__wrapped__ if getattr(kind.step, "hooked", False) else kind.step
        self._plain[kind] = plain
        step = functools.update_wrapper(self._around(plain), plain, updated=())
        step.__dict__["inner"] = True  # torch's hooks carry it on
        kind.step = step
