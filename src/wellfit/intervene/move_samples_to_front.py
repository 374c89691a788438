"""Move the samples to the front before a view regroups what they hold."""

from typing import Any

from torch import Tensor

from wellfit.intervene.replaced_call import Call, ReplacedCall, arguments


class MoveSamplesToFront(ReplacedCall):
    """What the line reshapes has its dimension `batch_dim` swapped with the first one before."""

    name = "move_samples_to_front"
    options = frozenset({"batch_dim"})
    functions = ("view", "reshape", "flatten", "unflatten")

    def replace(self, original: Call, given: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The same of a tensor whose first dimension is that of the samples."""
        batch_dim = self.cure.options["batch_dim"]
        if not 0 < batch_dim < given.dim():
            return original(*args, **kwargs)
        self.applied()
        moved = given.transpose(0, batch_dim)
        args, kwargs = arguments(moved, args, kwargs)
        return moved.reshape(*args[1:], **kwargs) if original.__name__ == "view" else original(*args, **kwargs)
