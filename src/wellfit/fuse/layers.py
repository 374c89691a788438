"""Layers of many trials without vmap: chains of known layers, whose tensors have an axis of trials in front.

vmap takes one Python call for each operation and each of its rules; for small models that is as long as the operations.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.fuse.built import Site
from wellfit.fuse.draws import Draws
from wellfit.fuse.dropouts import mask
from wellfit.fuse.products import dense

ELEMENTWISE = (nn.ReLU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid, nn.ELU, nn.LeakyReLU, nn.Softplus, nn.Identity)
"""Layers that do the same to each number."""

Tensors = Mapping[str, Tensor]


class Chain:
    """A model as the chain of its layers.

    Args:
        layers: each from what the last one gave, the tensors of all trials and the draws (None in evaluation).
    """

    def __init__(self, layers: list["Layer"]) -> None:
        self._layers = layers

    def __call__(self, x: Tensor, tensors: Tensors, draws: Draws | None) -> Tensor:
        """Outputs of all trials.

        Args:
            x: shape (B, ...) for all trials, or (K, B, ...).
            tensors: of the trials by name, shape (K, ...).
            draws: of this step.

        Returns:
            Shape (K, B, ...), or that of x where no layer has parameters.
        """
        place = 0
        for layer in self._layers:
            x = layer(x, tensors, draws, place)
            place += layer.draws
        return x


class Layer:
    """One layer, on shape (K, B, F), or (B, F) before the first layer with parameters.

    Args:
        name: of the module, with a dot behind it.
        module: it.
        varied: values of the module's numbers that differ by trial; shape (K,).
    """

    draws = 0
    """Whether it takes a place among the draws."""

    def __init__(self, name: str, module: Any, varied: Callable[[str], Tensor | None]) -> None:
        self.name, self.module, self.varied = name, module, varied

    def __call__(self, x: Tensor, tensors: Tensors, draws: Draws | None, place: int) -> Tensor:  # noqa: ARG002
        """What the layer makes of x."""
        made: Tensor = self.module(x)
        return made


class Dense(Layer):
    """`nn.Linear`."""

    def __call__(self, x: Tensor, tensors: Tensors, draws: Draws | None, place: int) -> Tensor:  # noqa: ARG002
        """One batched product, with the bias in it."""
        weight, bias = tensors[self.name + "weight"], tensors.get(self.name + "bias")
        return dense(x if x.dim() == 3 else x.expand(len(weight), *x.shape), weight, bias)  # noqa: PLR2004


class Dropped(Layer):
    """`nn.Dropout`."""

    draws = 1

    def __call__(self, x: Tensor, tensors: Tensors, draws: Draws | None, place: int) -> Tensor:  # noqa: ARG002
        """Some numbers zero, the others scaled."""
        varied = self.varied("p")
        p = torch.tensor([self.module.p], device=x.device) if varied is None else varied
        if draws is None or not self.module.training or (varied is None and self.module.p == 0):
            return x
        u = draws.uniform(place, x.shape[-2:], x.device)
        return x * mask(u, p.view(-1, 1, 1)).to(x.dtype)


class Normed(Layer):
    """`nn.BatchNorm1d`."""

    def __call__(self, x: Tensor, tensors: Tensors, draws: Draws | None, place: int) -> Tensor:  # noqa: ARG002
        """By the batch's statistics in training, which the running ones follow; else by those."""
        held = [tensors.get(self.name + n) for n in ("weight", "bias", "running_mean", "running_var")]
        weight, bias, mean, var = (None if t is None else t[:, None] for t in held)
        if self.module.training or mean is None or var is None:
            mean, var = self._seen(x, tensors, mean, var)
        scaled = (x - mean) * torch.rsqrt(var + self.module.eps)
        if weight is None or bias is None:
            return scaled
        return torch.addcmul(bias, scaled, weight)

    def _seen(
        self, x: Tensor, tensors: Tensors, running_mean: Tensor | None, running_var: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        mean = x.mean(-2, keepdim=True)
        var = (x - mean).square().mean(-2, keepdim=True)
        if self.module.training and running_mean is not None and running_var is not None:
            with torch.no_grad():
                count = x.shape[-2]
                running_mean.lerp_(mean, self.module.momentum)
                running_var.lerp_(var * (count / max(1, count - 1)), self.module.momentum)
                tensors[self.name + "num_batches_tracked"].add_(1)
        return mean, var


class LayerNormed(Layer):
    """`nn.LayerNorm` over the last axis."""

    def __call__(self, x: Tensor, tensors: Tensors, draws: Draws | None, place: int) -> Tensor:  # noqa: ARG002
        """Each sample by its own statistics."""
        x = torch.nn.functional.layer_norm(x, self.module.normalized_shape, None, None, self.module.eps)
        weight, bias = tensors.get(self.name + "weight"), tensors.get(self.name + "bias")
        x = x if weight is None else x * weight[:, None]
        return x if bias is None else x + bias[:, None]


def takes(inputs: Any, axis: int | None) -> bool:
    """Whether inputs are rows of numbers, shape (B, F), or (K, B, F) with an axis of trials."""
    axes = 2 if axis is None else 3
    return isinstance(inputs, Tensor) and inputs.dim() == axes and inputs.is_floating_point()


def chain(model: nn.Module, known: Tensors, varied: Mapping[Site, Tensor]) -> Chain | None:
    """The model as a chain, if it is one of known layers.

    Args:
        model: the first trial's.
        known: all tensors that have an axis of trials.
        varied: numbers that differ by trial.
    """
    layers = _layers("", model, known, varied)
    return None if layers is None or any(layer is None for layer in layers) else Chain([x for x in layers if x])


def _layers(name: str, module: nn.Module, known: Tensors, varied: Mapping[Site, Tensor]) -> list[Layer | None]:
    if type(module) is nn.Sequential and not _hooked(module):
        inner = module._modules.items()  # noqa: SLF001  # children() leaves out a module that is there twice
        return [x for n, m in inner for x in _layers(f"{name}{n}.", m, known, varied)]
    return [_layer(name, module, known, varied)]


def _layer(name: str, module: nn.Module, known: Tensors, varied: Mapping[Site, Tensor]) -> Layer | None:
    numbers = {attribute for at, attribute in varied if at == name[:-1]}
    tensors = [n for n, _ in (*module.named_parameters(recurse=False), *module.named_buffers(recurse=False))]
    if _hooked(module) or any(name + n not in known for n in tensors) or numbers - {"p"}:
        return None
    kind = LAYERS.get(type(module))
    if kind is None or not _is_usual(module):
        return None
    return kind(name, module, lambda attribute: varied.get((name[:-1], attribute)))


def _is_usual(module: nn.Module) -> bool:
    if isinstance(module, nn.BatchNorm1d):
        return module.momentum is not None
    if isinstance(module, nn.LayerNorm):
        return len(module.normalized_shape) == 1
    return not getattr(module, "inplace", False)


def _hooked(module: nn.Module) -> bool:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return any(getattr(module, kind, None) for kind in kinds) or "forward" in vars(module)


LAYERS: dict[type[nn.Module], type[Layer]] = {
    nn.Linear: Dense,
    nn.Dropout: Dropped,
    nn.BatchNorm1d: Normed,
    nn.LayerNorm: LayerNormed,
    **dict.fromkeys(ELEMENTWISE, Layer),
}
"""Layers that are known, by their exact class."""
