"""Events about values that are not finite."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class NonfiniteInput:
    """A tensor that the program handed to its model, with values that are not finite.

    Args:
        name: which argument, such as "input 0" or "input pixels".
        bad_rows: rows along dimension 0 with such a value.
        columns: of a two-dimensional tensor, the columns that hold them, at most eight.
    """

    name: str
    shape: tuple[int, ...]
    nan: int
    infinite: int
    rows: int
    bad_rows: int
    columns: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """The first operation whose result, or whose gradient, is not finite though what it was given is.

    Args:
        operation: such as log, sqrt, div; of torch's backward node.
        kind: "operation", "data" (a tensor without gradients brought the values in) or "parameter".
        operand: of an operation, what is known of its operands in words, such as "12 zeros in its input".
        place: known where the iteration ran with lines on; else `OriginLocated` follows.
    """

    operation: str
    kind: str
    operand: str
    place: Place | None


@dataclass(frozen=True, slots=True)
class LossBecameNonfinite:
    """Backward ran for the first time on a loss that is not finite.

    Args:
        value: "nan", "inf" or "-inf".
        place: of the backward call.
        forward: of the latest call of the model.
        losses_before: the latest finite losses, oldest first, at most 32, after the run's very first one.
        parameter_growth: largest parameter entry against the largest one at the first step, None where unknown.
        origin: None where the graph did not show it.
        why_no_origin: the reason then.
    """

    step: int
    value: str
    dtype: str
    place: Place | None
    forward: Place | None
    losses_before: tuple[float, ...]
    parameters: int
    nonfinite_parameters: int
    parameter_growth: float | None
    inputs: tuple[NonfiniteInput, ...]
    origin: Origin | None
    why_no_origin: str


@dataclass(frozen=True, slots=True)
class GradientBecameNonfinite:
    """An optimizer is about to step with gradients that are not finite, though the loss is.

    Args:
        parameters: of this optimizer that have a gradient.
        bad: of these, with a gradient that is not finite.
        names: of the first few of them.
    """

    step: int
    loss: float
    parameters: int
    bad: int
    names: tuple[str, ...]
    place: Place | None
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class OriginLocated:
    """The line of an origin, read in a later iteration that ran the same operations.

    Args:
        about: "loss", "gradient", or "result": an operation that made values that are not finite from finite ones.
    """

    step: int
    about: str
    operation: str
    place: Place


@dataclass(frozen=True, slots=True)
class NonfiniteCounted:
    """Losses so far that were not finite; the last one counts.

    Args:
        latest: the latest loss was one of them.
    """

    step: int
    losses: int
    backwards: int
    latest: bool
