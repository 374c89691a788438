"""What a probe is handed: the live objects of one moment. They must not be kept past the iteration."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.optim import Optimizer

from wellfit.model.place import Place
from wellfit.observe.graph import Graph, walk
from wellfit.observe.places import user_place

if TYPE_CHECKING:
    from types import FrameType

    from torch.nn import Module
    from torch.optim.lr_scheduler import LRScheduler
    from torch.utils.data import DataLoader

    from wellfit.observe.roots import Root


@dataclass
class Forward:
    """A module was called that no other module's forward called.

    Args:
        frame: of `Module._call_impl`; its locals hold the arguments. Valid during the moment only.
        training: the root's own flag.
        grad: whether gradients are on; without them it is an evaluation, a sample or a teacher.
    """

    root: "Root"
    module: "Module"
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    training: bool
    grad: bool
    frame: "FrameType"

    @cached_property
    def place(self) -> Place | None:
        """The user's line that calls the root; ask for it during the moment."""
        return user_place(self.frame.f_back)


@dataclass
class ModuleCall:
    """Any module was called, in a sampled iteration, with gradients on.

    Args:
        root: the root in whose forward it was called, or which it is.
    """

    module: "Module"
    root: "Root | None"
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    frame: "FrameType"


@dataclass
class LossCall:
    """A loss function of torch.nn.functional was called.

    Args:
        function: its public name, such as `cross_entropy`.
        options: the remaining arguments as the function sees them (weight, reduction, label_smoothing ...).
        grad: whether the result will carry gradients.
    """

    function: str
    input: Tensor
    target: Tensor
    options: dict[str, Any]
    place: Place | None
    grad: bool


@dataclass
class Backward:
    """Backward is about to run on a loss.

    Args:
        loss: the tensor; of a call with several, the first.
        value: its value (the sum, where it has several elements); None where it could not be read.
        first_since_step: no backward ran since the latest step of any optimizer.
    """

    loss: Tensor
    value: float | None
    first_since_step: bool
    frame: "FrameType | None"

    @cached_property
    def place(self) -> Place | None:
        """The user's line that runs backward; ask for it during the moment."""
        return user_place(self.frame)

    @cached_property
    def graph(self) -> Graph:
        """The autograd graph behind the loss; walked at most once."""
        return walk(self.loss)


@dataclass
class Step:
    """An optimizer is about to step, or has just stepped.

    Args:
        index: which optimizer, in order of first appearance.
        number: how many times it has stepped before this step.
    """

    optimizer: Optimizer
    index: int
    number: int
    place: Place | None
    backwards_since: int
    forwards_since_backward: int


@dataclass
class Zeroed:
    """`zero_grad` was looked up on an optimizer or a module, to be called."""

    owner: "Optimizer | Module"
    place: Place | None


@dataclass
class ModeSet:
    """`train` or `eval` was looked up on a module, to be called; not by their own recursion.

    Args:
        name: which of the two; what `train` is called with is not known.
    """

    module: "Module"
    name: str
    place: Place | None


@dataclass
class LoaderStarted:
    """A DataLoader was iterated.

    Args:
        made_at: the line that constructed it, where the user's own code did.
    """

    loader: "DataLoader[Any]"
    place: Place | None
    made_at: Place | None


@dataclass
class SchedulerMade:
    """A learning-rate scheduler was constructed."""

    scheduler: "LRScheduler"
    place: Place | None


@dataclass
class SchedulerStepped:
    """A scheduler's `step` was looked up, to be called; its counter has not moved yet.

    Args:
        frame: of the caller. Valid during the moment only.
    """

    scheduler: "LRScheduler"
    frame: "FrameType"


@dataclass
class PlateauStepped:
    """A ReduceLROnPlateau was given a value, and has not acted on it yet."""

    scheduler: "LRScheduler"
    value: float
    place: Place | None


@dataclass
class Operation:
    """One operation, seen in an iteration with lines on.

    Args:
        function: torch's function object as modes see it.
        name: its name, such as `softmax` or `detach`.
    """

    function: Any
    name: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    result: Any
    place: Place | None


@dataclass
class Totals:
    """Counts of the whole run, for events that sum up."""

    backwards: int = 0
    training_forwards: int = 0
    evaluation_forwards: int = 0
    extra: dict[str, int] = field(default_factory=dict)
