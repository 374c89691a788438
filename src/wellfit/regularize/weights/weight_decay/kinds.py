"""What kind of tensor each parameter is, told from its module's type and its shape, never from its name."""

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.nn.modules.conv import _ConvNd
from torch.nn.parameter import UninitializedParameter
from torch.nn.utils.parametrizations import _WeightNorm
from torch.nn.utils.parametrize import ParametrizationList
from torch.nn.utils.weight_norm import WeightNorm

Kind = Literal["matrix", "embedding", "norm", "bias", "1d", "position", "marked"]
KINDS: tuple[str, ...] = get_args(Kind)

REASONS: dict[Kind, str] = {
    "matrix": "matrices and kernels",
    "embedding": "embedding tables",
    "norm": "gains and shifts of norms",
    "bias": "biases",
    "1d": "vectors and scalars",
    "position": "positions and tokens",
    "marked": "spared by the model itself",
}
"""What each kind is called in the table."""

NORMS = (_NormBase, nn.LayerNorm, nn.GroupNorm, *((nn.RMSNorm,) if hasattr(nn, "RMSNorm") else ()))
"""`_NormBase` is above every BatchNorm and InstanceNorm, the synchronised and the lazy ones included."""

TABLES = (nn.Embedding, nn.EmbeddingBag)
WEIGHERS = (nn.Linear, nn.Bilinear, _ConvNd, nn.RNNBase, nn.RNNCellBase, nn.MultiheadAttention)
"""Modules of torch whose tensors of two dimensions and more multiply their input, whatever their shape."""


def kinds_of(model: nn.Module) -> dict[Tensor, Kind]:
    """The kind of each parameter, in the model's order; a tensor that several modules share stands once.

    A tensor that is an embedding table anywhere is one: the output layer that is tied to it comes second.

    Args:
        model: any module, also on the meta device.

    Raises:
        ValueError: if a parameter has no shape yet, or is a shard of one.
    """
    kinds: dict[Tensor, Kind] = {}
    marked = set(_marked(model))
    for module in model.modules():
        own = list(module.parameters(recurse=False))
        for p in own:
            _refuse_shapeless(p, module)
            kind: Kind = "marked" if p in marked else _kind(p, module, own)
            if p not in kinds or kind == "embedding":
                kinds[p] = kind
    return {p: kinds[p] for p in model.parameters()}


def _marked(model: nn.Module) -> Iterator[Tensor]:
    """Parameters that the model's author exempts: by an attribute, as Mamba does, or by a method, as timm does."""
    for module in model.modules():
        listed = getattr(module, "no_weight_decay", None)
        names = set(listed()) if callable(listed) else set()
        yield from (p for name, p in module.named_parameters() if name in names)
    yield from (p for p in model.parameters() if getattr(p, "_no_weight_decay", False))


def _refuse_shapeless(p: Tensor, module: nn.Module) -> None:
    where = type(module).__name__
    if isinstance(p, UninitializedParameter):  # a state of the model, not a wrong type
        raise ValueError(f"model must have run once: a parameter of its {where} has no shape yet")  # noqa: TRY004
    sharded = getattr(p, "_is_flat_param", False) or hasattr(p, "ds_shape")  # FSDP's first version, DeepSpeed's stage 3
    if sharded or where == "FullyShardedDataParallel":
        raise ValueError(f"model must not be sharded yet: a parameter of its {where} has lost its shape")


def _kind(p: Tensor, module: nn.Module, own: list[nn.Parameter]) -> Kind:
    if isinstance(module, NORMS) or _is_stranger_norm(module, own):
        return "norm"
    if p.dim() <= 1:
        return "bias" if _is_bias(p, own) else "1d"
    if _is_gain_of_weight_norm(p, module):
        return "1d"
    if isinstance(module, TABLES):
        return "embedding"
    if isinstance(module, WEIGHERS):
        return "matrix"
    return "bias" if _is_stack_of_biases(p, own) else _kind_of_bare(p)


def _is_stranger_norm(module: nn.Module, own: list[nn.Parameter]) -> bool:
    """A module without parts whose tensors are all one vector's size: a norm, or a gain that wants the same."""
    if type(module).__module__.startswith("torch.nn") or any(True for _ in module.children()):
        return False
    shape = getattr(module, "normalized_shape", None)
    if isinstance(shape, Iterable):
        return all(tuple(p.shape) == tuple(shape) for p in own)
    return len({p.shape for p in own}) == 1 and _is_vector(own[0]) and own[0].numel() > 1


def _is_vector(p: Tensor) -> bool:
    """One dimension, or many of which all but one are 1. Of two, (1, C) may as well be a layer with one output."""
    return p.dim() != 2 and sum(n > 1 for n in p.shape) <= 1  # noqa: PLR2004


def _is_bias(p: Tensor, own: list[nn.Parameter]) -> bool:
    """A vector beside a matrix that has as many rows or columns."""
    return any(other.dim() > 1 and p.numel() in other.shape for other in own)


def _is_stack_of_biases(p: Tensor, own: list[nn.Parameter]) -> bool:
    """Of experts: (E, C) beside a stack of matrices (E, I, C) or (E, C, I)."""
    stacks = (o for o in own if o.dim() == p.dim() + 1 and o.shape[0] == p.shape[0] > 1)
    return any(p.shape[-1] in o.shape[1:] for o in stacks)


def _is_gain_of_weight_norm(p: Tensor, module: nn.Module) -> bool:
    """The lengths that weight normalisation takes out of a matrix, in its new form and in its old one."""
    if isinstance(module, ParametrizationList):
        return isinstance(module[0], _WeightNorm) and p is module.original0
    hooks = (h for h in module._forward_pre_hooks.values() if isinstance(h, WeightNorm))  # noqa: SLF001 - told nowhere else
    return any(p is getattr(module, f"{h.name}_g") for h in hooks)


def _kind_of_bare(p: Tensor) -> Kind:
    """Of a parameter that no layer of torch's own holds."""
    if _is_vector(p):
        return "1d"
    if p.dim() > 2 and p.shape[0] == 1:  # noqa: PLR2004 - (1, T, C) or (1, C, H, W): broadcast over the batch, so added to it
        return "position"
    return "matrix"
