"""Where a model drops out: the modules that do, and numbers that may say so elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

HOLDERS: dict[type[nn.Module], str] = {_DropoutNd: "p", nn.MultiheadAttention: "dropout", nn.RNNBase: "dropout"}
"""Modules of torch that drop out, and the attribute that their forward reads each time."""


@dataclass(frozen=True, slots=True)
class Place:
    """A module that drops out.

    Args:
        name: of the module in the model; "" for the model itself.
        kind: name of its class.
        before: its rate before.
    """

    name: str
    kind: str
    before: float


def holder_of(module: nn.Module) -> str | None:
    """The attribute that holds the rate, or None where the module has none that is known."""
    return next((attribute for kind, attribute in HOLDERS.items() if isinstance(module, kind)), None)


def is_idle(module: nn.Module) -> bool:
    """A recurrent net drops out between its layers: with one layer never."""
    return isinstance(module, nn.RNNBase) and module.num_layers == 1


def unseen_rates(model: nn.Module) -> Iterator[str]:
    """Numbers in [0, 1] with `drop` in their name on other modules: rates that their forward may hand to F.dropout.

    Args:
        model: any module.

    Yields:
        `layers.0.attention.attention_dropout=0.1`, to be told and not to be changed: what reads them is not known.
    """
    for name, module in model.named_modules():
        if holder_of(module) is None:
            for key, value in vars(module).items():
                if "drop" in key.lower() and isinstance(value, float) and 0 <= value <= 1:
                    yield f"{name}.{key}={value:g}".lstrip(".")


def before_batch_norm(model: nn.Module) -> Iterator[str]:
    """Dropouts that a BatchNorm follows in one Sequential, nested ones included: there the order is certain.

    Args:
        model: any module.

    Yields:
        The dropouts' names.
    """
    seen: set[str] = set()
    for name, module in model.named_modules():
        if isinstance(module, nn.Sequential):
            chain = list(_chain(module, name))
            last = max((i for i, (_, m) in enumerate(chain) if isinstance(m, _BatchNorm)), default=-1)
            found = [n for n, m in chain[: max(last, 0)] if isinstance(m, _DropoutNd) and n not in seen]
            seen.update(found)
            yield from found


def _chain(module: nn.Module, name: str) -> Iterator[tuple[str, nn.Module]]:
    """What a Sequential runs, one after the other; a module of another kind is one link, whatever is in it."""
    for key, child in module.named_children():
        path = f"{name}.{key}" if name else key
        if isinstance(child, nn.Sequential):
            yield from _chain(child, path)
        else:
            yield path, child
