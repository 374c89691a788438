"""Keep the operand of one operation away from where its result or its slope is infinite."""

from typing import Any

import torch
from torch import Tensor

from wellfit.intervene.replaced_call import Call, ReplacedCall, arguments

SMALLEST = 1e-8
"""Least operand of a logarithm, a root, a norm or a divisor."""

POWERS = ("pow", "__pow__")
DIVISIONS = ("div", "true_divide", "divide", "__truediv__", "__rtruediv__")


class GuardOperand(ReplacedCall):
    """At the line, logarithms, roots and divisors are kept at 1e-8 or more, and exponents below where exp overflows.

    With `function`, only that operation, by its usual name: log, sqrt, rsqrt, div, exp, pow or norm.
    """

    name = "guard_operand"
    options = frozenset({"function"})
    functions = ("log", "log2", "log10", "sqrt", "rsqrt", "exp", "pow", "__pow__", "norm", *DIVISIONS)

    def wanted(self) -> tuple[str, ...]:
        """All spellings of the operation."""
        chosen = self.cure.options.get("function")
        spellings = {"div": DIVISIONS, "pow": POWERS}
        return self.functions if chosen is None else spellings.get(chosen, (chosen,))

    def replace(self, original: Call, given: Tensor, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The operation on operands that it is smooth at."""
        name = original.__name__
        if not given.is_floating_point() or (name in POWERS and _is_smooth(args)):
            return original(*args, **kwargs)
        self.applied()
        if name in DIVISIONS:
            return original(*_away_from_zero(name, args), **kwargs)
        guarded = given.clamp_max(_highest(given)) if name == "exp" else _above_zero(name, given)
        args, kwargs = arguments(guarded, args, kwargs)
        return original(*args, **kwargs)


def _is_smooth(args: tuple[Any, ...]) -> bool:
    """Whether a power is a polynomial, which has a slope everywhere."""
    exponent = args[1] if len(args) > 1 else None
    return isinstance(exponent, (int, float)) and exponent >= 1


def _above_zero(name: str, given: Tensor) -> Tensor:
    least = max(SMALLEST, torch.finfo(given.dtype).tiny)
    return given + least if name == "norm" else given.clamp_min(least)


def _highest(given: Tensor) -> float:
    """Half of the largest exponent: sums and products of what comes out stay finite as well."""
    return torch.log(torch.tensor(torch.finfo(given.dtype).max)).item() / 2


def _away_from_zero(name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
    position = 0 if name == "__rtruediv__" else 1
    divisor = args[position] if len(args) > position else None
    if not isinstance(divisor, Tensor):
        return args
    sign = torch.where(divisor < 0, -1.0, 1.0).to(divisor.dtype)
    kept = torch.where(divisor.abs() < SMALLEST, sign * SMALLEST, divisor)
    return (*args[:position], kept, *args[position + 1 :])
