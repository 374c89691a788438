"""Parameter groups for any optimizer of torch: who decays, at which rate, and why."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from wellfit.regularize.weights.weight_decay.depth import depths_of, numbers_in, rates_of
from wellfit.regularize.weights.weight_decay.kinds import KINDS, REASONS, Kind, kinds_of

_EXAMPLES = 2
"""Names shown of each row: more do not fit beside the figures."""

_HEAD = ("group", "why", "tensors", "numbers", "lr", "decay", "examples")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table: the tensors of one kind in one group.

    Args:
        group: its place in the list.
        kind: of its tensors.
        tensors: how many, each once.
        numbers: how many they hold together.
        lr: learning rate of the group.
        weight_decay: of the group.
        examples: names of the first ones.
    """

    group: int
    kind: Kind
    tensors: int
    numbers: int
    lr: float
    weight_decay: float
    examples: tuple[str, ...]

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of the table's head."""
        figures = (f"{self.tensors:,}", f"{self.numbers:,}", f"{self.lr:.3g}", f"{self.weight_decay:.3g}")
        return (str(self.group), REASONS[self.kind], *figures, ", ".join(self.examples))


class ParamGroups(list[dict[str, Any]]):
    """Groups as every optimizer of torch takes them; `print` shows the table.

    Args:
        groups: dicts of `params`, `lr` and `weight_decay`.
        rows: of the table.
        frozen: how many parameters do not train and were left out.
    """

    def __init__(self, groups: Iterable[dict[str, Any]], rows: tuple[Row, ...], frozen: int) -> None:
        super().__init__(groups)
        self.rows = rows
        self.frozen = frozen

    def __str__(self) -> str:
        cells = [_HEAD, *(row.cells() for row in self.rows)]
        widths = [max(len(line[i]) for line in cells) for i in range(len(_HEAD))]
        lines = ["  ".join(map(_aligned, line, widths, range(len(_HEAD)))).rstrip() for line in cells]
        left_out = [f"{self.frozen} that do not train are left out"] if self.frozen else []
        return "\n".join(lines + left_out)


def _aligned(cell: str, width: int, column: int) -> str:
    return cell.rjust(width) if 2 <= column < len(_HEAD) - 1 else cell.ljust(width)  # noqa: PLR2004 - figures to the right


def param_groups(  # noqa: PLR0913 - the two of the optimizer, and four choices
    model: nn.Module,
    lr: float,
    weight_decay: float,
    layer_decay: float | None = None,
    no_decay: Sequence[str] = ("norm", "bias", "1d", "position", "marked"),
    *,
    blocks: Sequence[nn.Module] | None = None,
) -> ParamGroups:
    """Split a model's parameters by whether weight decay does them good, and by depth if asked.

    The kind of a tensor is told from the type of its module and from its shape, never from its name: `norm` (gains and
    shifts, of torch's norms and of any module whose tensors are all one vector's size), `bias` (a vector beside a
    matrix that has as many rows or columns, or a stack of them beside a stack of matrices), `1d` (other vectors,
    scalars, gains of weight normalisation), `position` (bare parameters of shape (1, T, C) and the like: positions and
    class tokens), `marked` (the model's own `no_weight_decay()` or `_no_weight_decay`), `embedding`, `matrix`. What a
    shape cannot tell: a bare table of two dimensions is a matrix, whatever it is for.

    With `layer_decay` the rate of block i of n is `lr * layer_decay ** (n + 1 - i)`, that of what comes before the
    blocks has i = 0, and what comes after has `lr` itself. It is written into each group's `lr`, which every
    scheduler of torch scales.

    Args:
        model: before it is sharded; parameters that do not train are left out, tied ones stand once.
        lr: learning rate, above 0.
        weight_decay: for all that is not spared, at least 0.
        layer_decay: factor per block, in (0, 1]; None has no depths.
        no_decay: kinds that are spared; add "embedding" for tables.
        blocks: the blocks from input to output, where the model's lists of alike modules do not tell.

    Returns:
        A list of dicts; at most two per depth.

    Raises:
        ValueError: a value out of its range, an unknown kind, a model in which nothing trains, or without blocks.

    Example:
        >>> from torch import nn
        >>> groups = param_groups(nn.Sequential(nn.Linear(8, 4), nn.LayerNorm(4)), lr=1e-3, weight_decay=0.1)
        >>> [(len(g["params"]), g["weight_decay"]) for g in groups]
        [(1, 0.1), (3, 0.0)]

    Source:
        Kinds: ConvNeXt, DeiT and nanoGPT spare all vectors. Layer decay: the fine-tuning of MAE.
    """
    _check(lr, weight_decay, layer_decay, no_decay)
    kinds = {p: kind for p, kind in kinds_of(model).items() if p.requires_grad}
    everything = sum(1 for _ in model.parameters())
    if not kinds:
        raise ValueError(f"model must have parameters that train, got 0 of {everything}")
    factors = _factors(model, layer_decay, blocks)
    keys = {p: (factors.get(p, 1.0), kind not in no_decay) for p, kind in kinds.items()}
    groups = [_group(keys, key, lr, weight_decay) for key in sorted(set(keys.values()), key=lambda k: (k[0], not k[1]))]
    return ParamGroups(groups, tuple(_rows(groups, kinds, model)), everything - len(kinds))


def _check(lr: float, weight_decay: float, layer_decay: float | None, no_decay: Sequence[str]) -> None:
    if not (lr > 0 and math.isfinite(lr)):
        raise ValueError(f"lr must be > 0 and finite, got {lr}")
    if not (weight_decay >= 0 and math.isfinite(weight_decay)):
        raise ValueError(f"weight_decay must be >= 0 and finite, got {weight_decay}")
    if layer_decay is not None and not 0 < layer_decay <= 1:
        raise ValueError(f"layer_decay must lie in (0, 1], got {layer_decay}")
    unknown = [no_decay] if isinstance(no_decay, str) else sorted(set(no_decay) - set(KINDS))
    if unknown:
        raise ValueError(f"no_decay must list kinds of {', '.join(KINDS)}, got {unknown[0]!r}")


def _factors(model: nn.Module, layer_decay: float | None, blocks: Sequence[nn.Module] | None) -> dict[Tensor, float]:
    if layer_decay is None:
        return {}
    depths, count = depths_of(model, blocks)
    return rates_of(depths, count, layer_decay)


def _group(
    keys: dict[Tensor, tuple[float, bool]], key: tuple[float, bool], lr: float, weight_decay: float
) -> dict[str, Any]:
    factor, decays = key
    params = [p for p, its in keys.items() if its == key]
    return {"params": params, "lr": lr * factor, "weight_decay": weight_decay if decays else 0.0}


def _rows(groups: list[dict[str, Any]], kinds: dict[Tensor, Kind], model: nn.Module) -> Iterable[Row]:
    names = {p: name for name, p in model.named_parameters()}
    for place, group in enumerate(groups):
        for kind in dict.fromkeys(kinds[p] for p in group["params"]):
            tensors = [p for p in group["params"] if kinds[p] == kind]
            examples = tuple(names[p] for p in tensors[:_EXAMPLES])
            figures = (len(tensors), numbers_in(tensors), group["lr"], group["weight_decay"])
            yield Row(place, kind, *figures, examples)
