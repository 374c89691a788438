"""What a model is made of, counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

from wellfit.recipes.attention import is_attention, matrix_of
from wellfit.recipes.code import calls, input_names, required_inputs

TYPES = 2
"""Rows of BERT's table of token types: a head of two labels answers with no vocabulary."""

TABLES = (nn.Embedding, nn.EmbeddingBag)
OTHER_NORMS = (nn.LayerNorm, nn.GroupNorm, *((nn.RMSNorm,) if hasattr(nn, "RMSNorm") else ()))


@dataclass(frozen=True)
class Structure:
    """A model's parts by kind.

    Args:
        model: any module.
    """

    model: nn.Module

    @cached_property
    def modules(self) -> list[nn.Module]:
        """All of its modules."""
        return list(self.model.modules())

    @cached_property
    def convs(self) -> list[_ConvNd]:
        """Convolutions in the model's order."""
        return [m for m in self.modules if isinstance(m, _ConvNd)]

    @cached_property
    def images(self) -> list[_ConvNd]:
        """Convolutions that look around and are no cutting into patches."""
        return [c for c in self.convs if not is_patch(c) and max(c.kernel_size) > 1]

    @cached_property
    def batch_norms(self) -> int:
        """How many batch norms."""
        return sum(isinstance(m, _BatchNorm) for m in self.modules)

    @cached_property
    def other_norms(self) -> int:
        """How many norms that need no batch."""
        return sum(isinstance(m, OTHER_NORMS) for m in self.modules)

    @cached_property
    def linears(self) -> list[nn.Module]:
        """Layers of one matrix, also those whose class is not torch's."""
        return [m for m in self.modules if not isinstance(m, _ConvNd) and matrix_of(m) is not None]

    @cached_property
    def tables(self) -> list[nn.Module]:
        """Embedding tables."""
        return [m for m in self.modules if isinstance(m, TABLES)]

    @cached_property
    def attentions(self) -> int:
        """How many attention modules, an outer one not beside its inner one."""
        return sum(is_attention(m) for m in self.modules)

    @cached_property
    def recurrent(self) -> list[nn.Module]:
        """Recurrent layers and cells."""
        return [m for m in self.modules if isinstance(m, (nn.RNNBase, nn.RNNCellBase))]

    @cached_property
    def inputs(self) -> int:
        """How many inputs the forward cannot do without."""
        return required_inputs(self.model)

    @cached_property
    def input_names(self) -> tuple[str, ...]:
        """Of the forward."""
        return input_names(self.model)

    @cached_property
    def calls(self) -> frozenset[str]:
        """Of all forwards that are not torch's."""
        return frozenset().union(*(calls(m) for m in self.modules))

    @cached_property
    def numbers(self) -> int:
        """Parameters, each counted once."""
        return sum(p.numel() for p in self.model.parameters())

    @cached_property
    def trained(self) -> int:
        """Parameters that train."""
        return sum(p.numel() for p in self.model.parameters() if p.requires_grad)

    @property
    def shrinks_and_grows(self) -> bool:
        """Convolutions with a stride, and something that undoes it."""
        grows = any(isinstance(m, (nn.Upsample, _ConvTransposeNd)) for m in self.modules) or "interpolate" in self.calls
        pools = any(isinstance(m, (nn.MaxPool2d, nn.AvgPool2d)) for m in self.modules)
        strides = any(max(c.stride) > 1 for c in self.convs if not isinstance(c, _ConvTransposeNd))
        return grows and (pools or strides or bool({"max_pool2d", "avg_pool2d"} & self.calls))

    @property
    def channels(self) -> int | None:
        """Of the images that go in; None where no convolution sees them."""
        return self.convs[0].in_channels if self.convs else None

    @property
    def vocabulary_head(self) -> bool:
        """Whether a layer answers with one number for each row of an embedding table, tied to it or not."""
        sizes = {table.num_embeddings for table in self.tables if isinstance(table, TABLES)} - {1, TYPES}
        return any(rows_of(m) in sizes for m in self.linears[-1:]) or self.is_tied

    @property
    def is_tied(self) -> bool:
        """Whether a layer shares its matrix with an embedding table."""
        weights = {id(table.weight) for table in self.tables}
        return any(id(matrix_of(m)) in weights for m in self.linears)

    @property
    def feature_tables(self) -> int:
        """Bare matrices of more than one row in modules without parts, as a tokenizer of a table's columns has."""
        bare = [m for m in self.modules if not any(True for _ in m.children()) and matrix_of(m) is None]
        return sum(_count_bare(m) > 1 for m in bare)

    def shown(self) -> Iterator[str]:
        """The counts in words, those above 0."""
        kinds = sorted({type(c).__name__ for c in self.convs})
        yield from (f"{sum(type(c).__name__ == kind for c in self.convs)} {kind}" for kind in kinds)
        counts = {
            "batch norms": self.batch_norms,
            "layer or group norms": self.other_norms,
            "linear layers": len(self.linears),
            "embedding tables": len(self.tables),
            "recurrent layers": len(self.recurrent),
            "attention modules": self.attentions,
        }
        yield from (f"{count} {name if count > 1 else name[:-1]}" for name, count in counts.items() if count)
        if not self.attentions:
            yield "no attention"


def is_patch(conv: _ConvNd) -> bool:
    """Whether a convolution cuts its input into patches that do not overlap."""
    return max(conv.kernel_size) > 1 and tuple(conv.kernel_size) == tuple(conv.stride) and not conv.transposed


def rows_of(module: nn.Module) -> int:
    """Outputs of a layer of one matrix."""
    weight = matrix_of(module)
    return int(weight.shape[0]) if weight is not None else 0


def _count_bare(module: nn.Module) -> int:
    own: list[Tensor] = [p for p in module.parameters(recurse=False) if p.dim() == 2 and p.shape[0] > 1]  # noqa: PLR2004
    return len(own)
