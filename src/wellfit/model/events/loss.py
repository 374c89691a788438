"""Events about what reaches the loss."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class Producer:
    """The operation that made a value, seen through moves, casts and dropout.

    Args:
        operation: softmax, log_softmax, sigmoid, or the backward node's own name.
        dim: the dimension it worked on, where it has one.
        shape: of its result.
        place: known in iterations with lines on.
    """

    operation: str
    dim: int | None
    shape: tuple[int, ...] | None
    place: Place | None


@dataclass(frozen=True, slots=True)
class Values:
    """A float tensor in numbers. Rows run along dimension 1 (classes), as loss functions read them.

    Args:
        unit_rows: rows within [0, 1] that sum to 1 within 1e-3.
        log_unit_rows: rows with no positive entry whose exponentials sum to 1 within 1e-3.
        spread: mean over rows of the largest minus the smallest entry.
    """

    shape: tuple[int, ...]
    dtype: str
    minimum: float
    maximum: float
    mean: float
    nonfinite: int
    rows: int
    unit_rows: int
    log_unit_rows: int
    spread: float


@dataclass(frozen=True, slots=True)
class Targets:
    """A target tensor in numbers.

    Args:
        classes: number of different values where the dtype is integral, else None.
    """

    shape: tuple[int, ...]
    dtype: str
    minimum: float
    maximum: float
    classes: int | None


@dataclass(frozen=True, slots=True)
class LossComputed:
    """A loss function was called in a sampled iteration.

    Args:
        function: public name in torch.nn.functional.
        grad: the result carries gradients; without them it is an evaluation.
        result_broadcasts: input and target have different shapes and were broadcast.
    """

    step: int
    function: str
    grad: bool
    place: Place | None
    input: Values
    target: Targets
    producers: tuple[Producer, ...]
    result_broadcasts: bool
