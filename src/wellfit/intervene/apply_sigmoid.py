"""Turn scores into probabilities for a loss that takes these."""

from typing import Any

from torch import Tensor

from wellfit.intervene.replaced_call import Call, ReplacedCall, arguments

LOSS = "binary_cross_entropy"


class ApplySigmoid(ReplacedCall):
    """A clamp at the line becomes a sigmoid; scores that the line hands to binary_cross_entropy go through one first.

    With `function`, only that of the two.
    """

    name = "apply_sigmoid"
    changes_loss = True
    options = frozenset({"function"})
    functions = ("clamp", "clip", "clamp_", "clip_", "clamp_min", "clamp_max", "hardtanh", LOSS)

    def wanted(self) -> tuple[str, ...]:
        """The loss, or all spellings of the clamp."""
        chosen = self.cure.options.get("function")
        if chosen is None:
            return self.functions
        return tuple(name for name in self.functions if (name == LOSS) is (chosen == LOSS))

    def replace(self, original: Call, given: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The probabilities, or the loss of them."""
        self.applied()
        if original.__name__ != LOSS:
            return given.sigmoid()
        args, kwargs = arguments(given.sigmoid(), args, kwargs)
        return original(*args, **kwargs)
