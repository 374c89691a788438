"""Which operation made the first value that is not finite: read from the graph once a loss has gone wrong.

Each node of the graph is judged from what it keeps for backward: its result where that is kept, else a result
computed anew from its operands, else what its consumers kept as their operand. From the loss the search then
goes down through bad results to the first node whose operands are all finite.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from wellfit.observe import adapter
from wellfit.observe.graph import Graph

RESULTS = ("result", "result0", "output", "out")
"""Names under which nodes keep their own result."""

OPERANDS: dict[str, tuple[str, ...]] = {
    "MulBackward0": ("self", "other"),
    "DivBackward0": ("self", "other"),
    "BmmBackward0": ("self", "mat2"),
    "MmBackward0": ("self", "mat2"),
    "AddmmBackward0": ("", "mat1", "mat2"),
    "BaddbmmBackward0": ("", "batch1", "batch2"),
    "ConvolutionBackward0": ("input", "weight"),
    "MseLossBackward0": ("self", "target"),
    "SmoothL1LossBackward0": ("self", "target"),
    "HuberLossBackward0": ("self", "target"),
    "BinaryCrossEntropyBackward0": ("self", "target"),
    "BinaryCrossEntropyWithLogitsBackward0": ("self", "target"),
    "KlDivBackward0": ("self", "target"),
    "NativeLayerNormBackward0": ("input", "weight", "bias"),
    "NativeBatchNormBackward0": ("input", "weight"),
    "NativeGroupNormBackward0": ("input", "weight"),
    "CdistBackward0": ("x1", "x2"),
    "Atan2Backward0": ("self", "other"),
}
"""Under which names a node keeps its operands, in the order of its edges; all others keep at most `self`."""

_Compute = Callable[[dict[str, Any]], Tensor]

COMPUTED: dict[str, _Compute] = {
    "LogBackward0": lambda s: torch.log(s["self"]),
    "Log2Backward0": lambda s: torch.log2(s["self"]),
    "Log10Backward0": lambda s: torch.log10(s["self"]),
    "Log1PBackward0": lambda s: torch.log1p(s["self"]),
    "PowBackward0": lambda s: torch.pow(s["self"], s["exponent"]),
    "MulBackward0": lambda s: torch.mul(s["self"], s["other"]),
    "DivBackward0": lambda s: torch.div(s["self"], s["other"]),
    "AcosBackward0": lambda s: torch.acos(s["self"]),
    "AsinBackward0": lambda s: torch.asin(s["self"]),
    "AtanhBackward0": lambda s: torch.atanh(s["self"]),
    "MmBackward0": lambda s: torch.mm(s["self"], s["mat2"]),
    "BmmBackward0": lambda s: torch.bmm(s["self"], s["mat2"]),
}
"""Results that are computed anew from the kept operands."""

CARRIERS = frozenset({
    "AddBackward0", "SubBackward0", "RsubBackward1", "NegBackward0", "MeanBackward0", "MeanBackward1",
    "SumBackward0", "SumBackward1", "WhereBackward0", "MaskedFillBackward0", "CatBackward0", "StackBackward0",
    "MulBackward0", "MulBackward1", "AddmmBackward0", "MmBackward0", "ReluBackward0", "ClampBackward0",
    "ClampBackward1", "ClampMinBackward0", "AbsBackward0", "MaxBackward0", "MaxBackward1", "MinBackward1",
    "MseLossBackward0", "SmoothL1LossBackward0", "L1LossBackward0", "HuberLossBackward0", "NllLossBackward0",
    "BinaryCrossEntropyWithLogitsBackward0", "ConvolutionBackward0", "DivBackward1", "EmbeddingBackward0",
    "SquareBackward0", "TanhBackward0", "SigmoidBackward0", "SoftmaxBackward0", "LogSoftmaxBackward0",
    "SafeSoftmaxBackward0", "LogsumexpBackward0", "GeluBackward0", "SiluBackward0", "EluBackward0",
    "LeakyReluBackward0", "SoftplusBackward0", "HardtanhBackward0", "LogSigmoidBackward0",
    "MaxPool2DWithIndicesBackward0", "AvgPool2DBackward0", "AdaptiveAvgPool2DBackward0", "NativeLayerNormBackward0",
    "NativeBatchNormBackward0", "NativeGroupNormBackward0", "BmmBackward0", "BaddbmmBackward0",
    "ScatterAddBackward0", "IndexAddBackward0", "CumsumBackward0", "MaximumBackward0", "MinimumBackward0",
}) | adapter.SHAPE_NODES  # fmt: skip
"""Operations that never make a NaN of finite operands: what is bad behind them was brought in.

Some can overflow to infinity; then the parameters or inputs were huge, which is told by their growth.
"""

CHOOSERS = frozenset({
    "WhereBackward0", "MaskedFillBackward0", "IndexBackward0", "SelectBackward0", "SliceBackward0",
    "GatherBackward0", "IndexSelectBackward0", "ClampBackward0", "ClampBackward1", "ClampMinBackward0",
    "MaxBackward0", "MaxBackward1", "MinBackward1",
})  # fmt: skip
"""Carriers that may leave the bad part of their operand behind."""


@dataclass
class Found:
    """Where the search ended: a position in the graph, and what was seen of its operands."""

    position: int
    kind: str
    operand: str


@dataclass
class Search:
    """One look at one graph; reads what nodes keep, so only after a loss has gone wrong."""

    graph: Graph
    _index: dict[Any, int] = field(default_factory=dict)
    _state: dict[int, bool | None] = field(default_factory=dict)

    def run(self) -> Found | None:
        """The origin of what is wrong with the root of the graph."""
        self._index = {node: i for i, node in enumerate(self.graph.nodes)}
        order = sorted(range(len(self.graph.nodes)), key=self._rank)
        for position in order:
            self._judge(position)
        for position in reversed(order):
            self._judge_operands(position)
        for position in order:
            self._carry(position)
        return self._descend() if self.graph.nodes else None

    def _rank(self, position: int) -> int:
        number = adapter.sequence_number(self.graph.nodes[position])
        return -1 if adapter.leaf_variable(self.graph.nodes[position]) is not None else number

    def _judge(self, position: int) -> None:
        node = self.graph.nodes[position]
        value = adapter.leaf_variable(node)
        if value is None:
            value = _result(node)
        self._state[position] = None if value is None else is_finite(value)

    def _judge_operands(self, position: int) -> None:
        """What a consumer kept tells of its producer."""
        node = self.graph.nodes[position]
        for (producer, index), name in zip(node.next_functions, _operand_names(node), strict=False):
            value = adapter.saved(node, name) if name else None
            at = self._index.get(producer)
            if at is not None and index == 0 and self._state.get(at) is None and isinstance(value, Tensor):
                self._state[at] = is_finite(value)

    def _carry(self, position: int) -> None:
        """An operation that makes nothing bad is finite when all that it was given is."""
        node = self.graph.nodes[position]
        if self._state[position] is not None or node.name() not in CARRIERS:
            return
        states = [self._state.get(self._index.get(n, -1)) for n, _ in node.next_functions if n is not None]
        data = _data_operands(node)
        fine = all(is_finite(v) for v in data)
        if all(s is True for s in states) and fine and not _hides_data(node):
            self._state[position] = True
        elif (any(s is False for s in states) or not fine) and node.name() not in CHOOSERS:
            self._state[position] = False

    def _descend(self) -> Found | None:
        position, seen = 0, set()
        while position not in seen:
            seen.add(position)
            following = self._follow(position)
            if following is None:
                return self._conclude(position)
            position = following
        return None

    def _follow(self, position: int) -> int | None:
        node = self.graph.nodes[position]
        below = [self._index[n] for n, _ in node.next_functions if n in self._index]
        bad = [i for i in below if self._state[i] is False]
        if bad:
            return min(bad, key=self._rank)
        unknown = [i for i in below if self._state[i] is None]
        if node.name() in CARRIERS and all(is_finite(v) for v in _data_operands(node)):
            return unknown[0] if len(unknown) == 1 and not _hides_data(node) else None
        return None

    def _conclude(self, position: int) -> Found | None:
        node = self.graph.nodes[position]
        if adapter.leaf_variable(node) is not None:
            return Found(position, "parameter", "")
        if any(not is_finite(v) for v in _data_operands(node)) or (_hides_data(node) and self._below_is_fine(node)):
            return Found(position, "data", "")
        unknown = any(self._state[self._index[n]] is None for n, _ in node.next_functions if n in self._index)
        if self._state[position] is True or (node.name() in CARRIERS and self._state[position] is None):
            return None
        if unknown and not _overflowed(node):
            return None
        return Found(position, "operation", _describe(node))

    def _below_is_fine(self, node: Any) -> bool:
        below = (n for n, _ in node.next_functions if n is not None)
        return all(self._state.get(self._index.get(n, -1)) is True for n in below)


def _overflowed(node: Any) -> bool:
    """Whether a kept result is infinite without a NaN: a bad operand would have left one, as a rule."""
    value = _result(node)
    if value is None:
        return False
    with torch.no_grad():
        return bool(torch.isinf(value.detach()).any()) and not bool(torch.isnan(value.detach()).any())


def _operand_names(node: Any) -> tuple[str, ...]:
    return OPERANDS.get(node.name(), ("self",))


def _data_operands(node: Any) -> list[Tensor]:
    """Kept operands that carry no gradients: data, masks, constants."""
    pairs = zip(node.next_functions, _operand_names(node), strict=False)
    values = [adapter.saved(node, name) for (producer, _), name in pairs if producer is None and name]
    return [v for v in values if isinstance(v, Tensor)]


def _hides_data(node: Any) -> bool:
    """Whether a sum or difference has an operand that it does not keep."""
    return node.name() in ("AddBackward0", "SubBackward0", "CatBackward0") and any(
        n is None for n, _ in node.next_functions
    )


def _result(node: Any) -> Tensor | None:
    for name in RESULTS:
        value = adapter.saved(node, name)
        if isinstance(value, Tensor):
            return value
    compute = COMPUTED.get(node.name())
    names = (*_operand_names(node), "exponent")
    operands = {name: v for name in names if name and (v := adapter.saved(node, name)) is not None}
    if compute is None or not operands:
        return None
    try:
        with torch.no_grad():
            return compute(operands)
    except (KeyError, RuntimeError, TypeError):
        return None


def is_finite(value: Tensor) -> bool:
    """Whether every entry is finite; whole numbers are."""
    if value.is_complex():
        value = torch.view_as_real(value.detach().resolve_conj())
    if not value.is_floating_point() or value.is_sparse or value.device.type == "meta" or value.is_nested:
        return True
    with torch.no_grad():
        return bool(torch.isfinite(value.detach()).all())


def _describe(node: Any) -> str:
    """What in its operands made the result bad, in words."""
    names = _operand_names(node)
    position = 1 if node.name() == "DivBackward0" else 0
    value = adapter.saved(node, names[position]) if position < len(names) else None
    if not isinstance(value, Tensor) or not value.is_floating_point() or not value.numel():
        return ""
    with torch.no_grad():
        data = value.detach().float()
        zeros, low, high = int((data == 0).sum()), float(data.min()), float(data.max())
    what = "its divisor" if position else "its input"
    if zeros:
        return f"{zeros} of {data.numel()} values of {what} are 0"
    return f"{what} spans {low:.3g} to {high:.3g}"


OPERATION_NAMES = {"Log1P": "log1p", "LinalgVectorNorm": "norm", "AddmmBackward0": "linear"}


def operation_name(node: Any) -> str:
    """The public name of the operation behind a node: LogBackward0 is log."""
    bare = str(node.name()).rpartition("::")[2].partition("Backward")[0]
    if bare in OPERATION_NAMES:
        return OPERATION_NAMES[bare]
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(bare))


def fingerprint(graph: Graph) -> tuple[list[int], list[str]]:
    """Positions in the order in which the operations ran, and their names in that order."""
    order = [i for i, n in enumerate(graph.nodes) if adapter.leaf_variable(n) is None]
    order.sort(key=lambda i: adapter.sequence_number(graph.nodes[i]))
    return order, [graph.nodes[i].name() for i in order]


@dataclass(frozen=True)
class Mark:
    """One node, by its rank among the operations of its iteration, to be found again in the next one."""

    names: tuple[str, ...]
    rank: int

    @classmethod
    def of(cls, graph: Graph, position: int) -> "Mark":
        """The mark of a node of this graph."""
        order, names = fingerprint(graph)
        return cls(tuple(names), order.index(position))

    def find(self, graph: Graph) -> int | None:
        """The same operation in another graph: same place in the same sequence, or among equally many of its name."""
        order, names = fingerprint(graph)
        if tuple(names) == self.names:
            return order[self.rank]
        name = self.names[self.rank]
        if names.count(name) != self.names.count(name):
            return None
        nth = self.names[: self.rank].count(name)
        return [i for i, n in zip(order, names, strict=True) if n == name][nth]
