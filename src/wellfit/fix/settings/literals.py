"""Values as a program writes them."""

import libcst as cst

from wellfit.model.knob import Value


def spelled(value: Value) -> str:
    """The value as Python writes it: three digits tell any two settings apart that differ in effect.

    Example:
        >>> spelled(0.032149), spelled(2.0), spelled(64), spelled("adam")
        ('0.0321', '2.0', '64', "'adam'")
    """
    if not isinstance(value, float):
        return repr(value)
    text = f"{value:.3g}"
    return text if any(mark in text for mark in ".en") else f"{text}.0"


def in_place_of(given: cst.BaseExpression, value: Value) -> str:
    """The same, as a string where one stands there now."""
    return repr(str(value)) if isinstance(given, cst.SimpleString) else spelled(value)


def is_literal(node: cst.BaseExpression) -> bool:
    """Whether a value is written as it is: a number, a string, True, False or None."""
    if isinstance(node, cst.UnaryOperation):
        return is_literal(node.expression)
    named = isinstance(node, cst.Name) and node.value in {"True", "False", "None"}
    return named or isinstance(node, (cst.Integer, cst.Float, cst.SimpleString))


def number_of(node: cst.BaseExpression) -> float | None:
    """The number that is written; None where none is."""
    return float(node.evaluated_value) if isinstance(node, (cst.Integer, cst.Float)) else None
