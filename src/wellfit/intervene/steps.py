"""Steps of optimizers, whatever their class, as interventions stand before them."""

from collections.abc import Callable
from typing import Any

from torch.optim import Optimizer

from wellfit.intervene.intervention import wrap

Around = Callable[[Callable[..., Any]], Callable[..., Any]]


def wrap_steps(around: Around) -> None:
    """Put a function around the `step` of every class of optimizers, as its first object is made."""
    patched: set[type] = set()

    def marked(original: Callable[..., Any]) -> Callable[..., Any]:
        step = around(original)
        step.__dict__["hooked"] = True  # else torch would put its own hooks around once more
        return step

    def around_patching(original: Callable[..., Any]) -> Callable[..., Any]:
        def patch(optimizer: Optimizer) -> None:
            original(optimizer)
            if type(optimizer) not in patched:
                patched.add(type(optimizer))
                wrap((type(optimizer),), "step", marked)

        return patch

    wrap((Optimizer,), "_patch_step_function", around_patching)
