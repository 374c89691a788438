"""Events about how weights start."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class ConstantRows:
    """A weight whose rows were all equal before the first step.

    Args:
        name: of the parameter, or its shape where no module holds it.
        value: that all its entries had; None where only its rows were equal.
        looks: sampled steps since then, this one included.
        moving: of these, steps before which gradients other than zero had arrived.
        agreeing: of these, steps with gradients whose rows were all equal, up to rounding.
        moved: root mean square of the change of the first row since the start.
        spread: root mean square of the difference between each row and their mean now.
        place: the line that wrote the values, or that built the layer.
    """

    name: str
    shape: tuple[int, ...]
    value: float | None
    looks: int
    moving: int
    agreeing: int
    moved: float
    spread: float
    place: Place | None


@dataclass(frozen=True, slots=True)
class RowsWatched:
    """Weights that started with equal rows, as they stand at one sampled step; the last event counts.

    Args:
        weights: with two dimensions and two rows or more, that the first loss reached.
        constant: those that started with equal rows; the first few.
        count: how many these are in all.
    """

    step: int
    looks: int
    weights: int
    count: int
    constant: tuple[ConstantRows, ...]
