"""Let a softmax run along the classes in place of the samples."""

from typing import Any

from torch import Tensor

from wellfit.intervene.replaced_call import Call, ReplacedCall


class SoftmaxOverClasses(ReplacedCall):
    """A softmax that the line applies runs along `dim`, the last dimension by default."""

    name = "softmax_over_classes"
    changes_loss = True
    options = frozenset({"dim"})
    functions = ("softmax", "log_softmax", "softmin", "gumbel_softmax")

    def replace(self, original: Call, given: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The same with another dimension, wherever it was named."""
        numbers = [position for position, value in enumerate(args) if position and type(value) is int]
        named = kwargs.get("dim", args[numbers[0]] if numbers else None)
        dim = int(self.cure.options.get("dim", -1))
        if named is None or named % given.dim() == dim % given.dim():
            return original(*args, **kwargs)
        self.applied()
        if "dim" in kwargs:
            return original(*args, **{**kwargs, "dim": dim})
        position = numbers[0]
        return original(*args[:position], dim, *args[position + 1 :], **kwargs)
