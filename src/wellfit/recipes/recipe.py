"""What a recipe is: the values that a family of models is trained with, and who says so for each of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import Any

SCALINGS = ("linear", "sqrt", "none")
"""How the learning rate follows the batch size: in proportion, with its square root, or not at all."""

WARMUPS = ("steps", "epochs", "fraction")
"""What a warmup is counted in."""


@dataclass(frozen=True, slots=True)
class Line:
    """One value and its source.

    Args:
        value: a number, a name, a tuple of names, a mapping of options; None where the source uses nothing of the kind.
        source: repository and file, or author, year and place.
        read: whether the value was read there; one recalled without reading makes its recipe a preview.
    """

    value: Any
    source: str
    read: bool = True


def recalled(value: Any, source: str) -> Line:
    """A value from memory: it waits for somebody to read it in its source."""
    return Line(value, source, read=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A training set-up at its own batch size, data and budget.

    Args:
        name: as `recipe(family=...)` takes it.
        family: of the models it is for; several recipes may serve one.
        title: one line.
        applies: when it is the one to take.
        optimizer: name of a class in torch.optim.
        options: the optimizer's other options: momentum, nesterov, betas, eps.
        lr: at `batch_size`.
        batch_size: of the source.
        scaling: how `lr` follows the batch size, one of `SCALINGS`.
        schedule: name of a schedule of `wellfit.schedules`.
        schedule_options: of that schedule.
        warmup: how long, in `warmup_unit`.
        warmup_unit: one of `WARMUPS`.
        weight_decay: as the optimizer takes it.
        no_decay: kinds of parameters without decay: norm, bias, 1d, embedding.
        layer_decay: factor from one layer to the one below; None where all have one rate.
        clip: largest norm of the gradient; None for no clipping.
        dropout: chance.
        stochastic_depth: chance that a residual branch is skipped.
        augmentation: options of the image augmenter; None for none.
        label_smoothing: share of the label that goes to all classes.
        mixup: alpha of its beta distribution; 0 for none.
        cutmix: the same.
        ema: decay of the averaged weights a step; None for none.
        samples: of the data set that the source trained on; None where it is endless or not known.
        epochs: that the source trained for.
        lacks: what torch.optim lacks to build it; empty where nothing.
        aside: what belongs to it and no value can say.
    """

    name: str
    family: str
    title: str
    applies: str
    optimizer: Line
    options: Line
    lr: Line
    batch_size: Line
    scaling: Line
    schedule: Line
    warmup: Line
    weight_decay: Line
    no_decay: Line
    schedule_options: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    warmup_unit: str = "steps"
    layer_decay: Line | None = None
    clip: Line | None = None
    dropout: Line | None = None
    stochastic_depth: Line | None = None
    augmentation: Line | None = None
    label_smoothing: Line | None = None
    mixup: Line | None = None
    cutmix: Line | None = None
    ema: Line | None = None
    samples: Line | None = None
    epochs: Line | None = None
    lacks: str = ""
    aside: str = ""

    @property
    def lines(self) -> Iterator[tuple[str, Line]]:
        """The values that have a source, by name."""
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, Line):
                yield each.name, value

    @property
    def preview(self) -> bool:
        """Whether some value was not read in its source."""
        return not all(line.read for _, line in self.lines)

    def value(self, name: str, default: Any = None) -> Any:
        """The value of a line, or the default where the recipe has none of that name."""
        line = getattr(self, name)
        return default if line is None else line.value
