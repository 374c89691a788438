"""The modules that the user's loop calls, and the names of what they hold."""

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor
from torch.nn import Module
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd
from torch.nn.modules.loss import _Loss
from torch.nn.modules.rnn import RNNBase

from wellfit.observe.calls import Calls

if TYPE_CHECKING:
    from wellfit.observe.looks import Looked


@dataclass
class Root:
    """A module that was called from outside any other module's forward.

    Args:
        index: in order of first call.
        names: of its parameters, by id of the parameter.
        calls: its latest training calls.
        settled: the watch's count of changes at its latest training call that was told; see `Hearing`.
        looked: what came of the dry look at it; None before one. See `looks`.
    """

    index: int
    kind: str
    reference: "weakref.ref[Module]"
    has_parameters: bool
    is_loss: bool
    names: dict[int, str] = field(default_factory=dict)
    calls: Calls = field(default_factory=Calls)
    settled: int = -1
    looked: "Looked | None" = None

    def refresh(self, module: Module) -> None:
        """Read the parameters' names anew: programs replace layers after the first call."""
        self.names = {id(p): name for name, p in module.named_parameters(remove_duplicate=False)}
        self.has_parameters = bool(self.names)


class Roots:
    """All roots of the process, without keeping any module alive."""

    def __init__(self) -> None:
        self._by_id: dict[int, Root] = {}
        self.all: list[Root] = []
        self.loaded: list[weakref.ref[Module]] = []

    def find(self, module: Module) -> Root:
        """The root for a module, made at its first call."""
        root = self._by_id.get(id(module))
        if root is None or root.reference() is not module:
            is_loss = issubclass(type(module), _Loss)
            root = Root(
                len(self.all), type(module).__name__, weakref.ref(module), has_parameters=False, is_loss=is_loss
            )
            root.refresh(module)
            self._by_id[id(module)] = root
            self.all.append(root)
        return root

    def living(self) -> Iterable[tuple[Root, Module]]:
        """Roots whose module still exists."""
        for root in self.all:
            module = root.reference()
            if module is not None:
                yield root, module

    def name_of(self, parameter: Tensor) -> str | None:
        """A parameter's name, with the class of its root in front where there are several roots."""
        for root in self.all:
            name = root.names.get(id(parameter))
            if name is not None:
                many = sum(r.has_parameters for r in self.all) > 1
                return f"{root.kind}.{name}" if many else name
        return None


def is_dropout(module: Module) -> bool:
    """Whether a module drops values when in training mode."""
    return isinstance(module, _DropoutNd) and module.p > 0


def is_batch_norm(module: Module) -> bool:
    """Whether a module uses the batch's own statistics when in training mode, and its running ones otherwise."""
    return issubclass(type(module), _BatchNorm) and bool(module.track_running_stats)


def mode_matters(module: Module) -> bool:
    """Whether a single module acts differently in training and in evaluation mode."""
    if is_dropout(module) or is_batch_norm(module):
        return True
    if isinstance(module, RNNBase) and module.num_layers == 1:  # its dropout acts between layers
        return False
    inner: Any = getattr(module, "dropout", None)
    return type(inner) in (int, float) and inner > 0
