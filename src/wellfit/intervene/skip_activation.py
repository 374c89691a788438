"""Leave out a softmax, log-softmax or sigmoid that one line of the program applies."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from wellfit.intervene.replaced_call import ReplacedCall


class SkipActivation(ReplacedCall):
    """The activation hands on what it was given.

    The line is that of the call, or the one that makes the module which calls it. With `function`, only that one of
    several on the line.
    """

    name = "skip_activation"
    changes_loss = True
    options = frozenset({"function"})
    functions = ("softmax", "log_softmax", "sigmoid", "softmin")

    def replace(self, _: Callable[..., Any], given: Tensor, __: tuple[Any, ...], kwargs: dict[str, Any]) -> Tensor:
        """The scores themselves."""
        self.applied()
        dtype = kwargs.get("dtype")
        return given if dtype is None else given.to(dtype)
