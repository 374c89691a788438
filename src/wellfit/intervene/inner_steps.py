"""The steps of optimizers from within, where one may take another's place."""

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
            kind = type(optimizer)
            if not getattr(kind.step, "hooked", None):
                self._plain[kind] = kind.step
                wrap((kind,), "step", self._around)
            original(optimizer)

        return patch
