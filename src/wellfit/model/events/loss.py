"""Events about what reaches the loss, and what backward then begins at."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class Producer:
    """The operation that made a value, seen through moves, casts and dropout.

    Args:
        operation: softmax, log_softmax, sigmoid, clamp, or the backward node's own name.
        dim: the dimension it worked on, where it has one.
        shape: of its result.
        place: known in iterations with lines on.
        behind: of a clamp, what made the values that it cuts off: linear, or a backward node's own name.
    """

    operation: str
    dim: int | None
    shape: tuple[int, ...] | None
    place: Place | None
    behind: str | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """A float tensor in numbers. Rows run along dimension 1 (classes), as loss functions read them.

    Args:
        unit_rows: rows within [0, 1] that sum to 1, within what the dtype can hold.
        log_unit_rows: rows with no positive entry whose exponentials sum to 1, within the same.
        spread: mean over rows of the largest minus the smallest entry.
        at_ends: share of the elements that are exactly 0 or exactly 1.
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
    at_ends: float


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
    """A loss function was called in a sampled iteration, on a value that carries gradients.

    Args:
        function: public name in torch.nn.functional.
        opaque: the value came out of a compiled region, whose operations cannot be told.
    """

    step: int
    function: str
    place: Place | None
    input: Values
    target: Targets
    producers: tuple[Producer, ...]
    opaque: bool


@dataclass(frozen=True, slots=True)
class SoftmaxRepeated:
    """A log-softmax on the way to the loss, outside cross_entropy, was handed what softmax had made.

    Args:
        producers: the softmax operations.
        place: of the log-softmax.
    """

    step: int
    producers: tuple[Producer, ...]
    place: Place | None


@dataclass(frozen=True, slots=True)
class LossBroadcast:
    """Broadcasting paired every sample of one tensor with every sample of another on the way to the loss.

    Args:
        operation: a loss function's public name, or the operation's.
        left, right: shapes of the two tensors, in the order of the operation's arguments.
    """

    step: int
    operation: str
    left: tuple[int, ...]
    right: tuple[int, ...]
    place: Place | None


@dataclass(frozen=True, slots=True)
class LossTraced:
    """A backward began in a sampled iteration; what stands at the far end of its graph, and what came of it.

    Args:
        operations: backward nodes behind the loss; 0 where it is a leaf itself.
        leaves: tensors that gradients flow to; those in `parameters` are Parameters or held by the optimizer.
        missing_gradients: parameters of the optimizer that stepped next whose gradient is None or all zero; counted
            only where no leaf is a parameter, else 0.
        held: parameters of that optimizer that require a gradient, 0 where none stepped.
        made_by: the operation that made a leaf that is no parameter, after the model had run; known in iterations
            with lines on.
        made_at: its line.
    """

    step: int
    place: Place | None
    requires_grad: bool
    operations: int
    leaves: int
    parameters: int
    missing_gradients: int
    held: int
    made_by: str | None
    made_at: Place | None
