"""Events about which parameters the loss reaches, and through what."""

from dataclasses import dataclass

from wellfit.model.place import Place


@dataclass(frozen=True, slots=True)
class Unregistered:
    """Leaf tensors that a module's plain attribute holds, so that `parameters()` does not list them.

    Args:
        owner: class of the module.
        attribute: its name.
        container: class of what the attribute holds, such as list or dict.
        content: class of the first layer in it, or of the tensor.
        parameters: tensors in it that the loss reaches.
        elements: numbers in these.
        looks: sampled iterations in which the loss reached them.
        changed: some of their values changed between looks: someone updates them.
        set_aside: the layers are in evaluation mode while the root trains.
        place: the line that assigns the attribute.
    """

    owner: str
    attribute: str
    container: str
    content: str
    parameters: int
    elements: int
    looks: int
    changed: bool
    set_aside: bool
    place: Place | None


@dataclass(frozen=True, slots=True)
class LeavesReached:
    """What the losses of the sampled iterations reached so far; the last event counts.

    Args:
        looks: sampled iterations.
        leaves: tensors that gradients flowed to in the latest of them.
        unregistered: those in no optimizer, by the attribute that holds them.
    """

    step: int
    looks: int
    leaves: int
    unregistered: tuple[Unregistered, ...]


@dataclass(frozen=True, slots=True)
class Cut:
    """An operation through which a value went on to the loss, but gradients did not come back.

    Args:
        operation: its name, such as detach.
        parameters: names of some of the parameters cut off, at most four.
        count: how many are cut off.
        elements: numbers in these.
        without_gradients: it ran with gradients switched off.
    """

    operation: str
    place: Place | None
    parameters: tuple[str, ...]
    count: int
    elements: int
    without_gradients: bool


@dataclass(frozen=True, slots=True)
class PathsTraced:
    """Trainable parameters that an optimizer holds and that ran, but that no gradient reached; the last event counts.

    Args:
        looks: sampled iterations.
        reached: parameters of optimizers that gradients reached in some of them.
        unreached: those that ran, were never reached and had no gradient at any step of their optimizer.
        traced: iterations in which the way of their values was followed to the loss.
        cuts: what cut them off.
    """

    step: int
    looks: int
    reached: int
    unreached: int
    traced: int
    cuts: tuple[Cut, ...]
