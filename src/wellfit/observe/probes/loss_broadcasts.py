"""Broadcasting that pairs every sample of one tensor with every sample of another on the way to the loss."""

import math
import weakref
from collections.abc import Iterator
from itertools import zip_longest
from typing import Any

from torch import Tensor

from wellfit.model.events.loss import LossBroadcast
from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.graph import Graph
from wellfit.observe.moments import Backward, LossCall, Operation
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

ELEMENTWISE_LOSSES = frozenset(
    {"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "poisson_nll_loss", "soft_margin_loss", "kl_div"}
)
"""Loss functions that compare input and target element by element, and broadcast them first."""

LONGEST_WAY = 64
"""Nodes between the loss and a suspicious operation; farther in stands the model, not the loss."""

_SUSPICION = "every sample paired with every other in the loss"
_SHAPERS = frozenset({"unsqueeze", "__getitem__", "view", "reshape"})

Shape = tuple[int, ...]


class LossBroadcastsProbe(Probe):
    """Writes `LossBroadcast`."""

    emits = (LossBroadcast,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._operations: dict[int, LossBroadcast] = {}
        self._shaped: dict[int, tuple[weakref.ref[Tensor], Place | None]] = {}
        self._written: set[tuple[str, Place | None]] = set()

    def on_loss_call(self, call: LossCall) -> None:
        """A loss function that broadcasts; torch warns of it once and goes on."""
        left, right = tuple(call.input.shape), tuple(call.target.shape)
        if call.grad and call.function in ELEMENTWISE_LOSSES and pairs_samples(left, right) and not _kept_apart(call):
            self._write(LossBroadcast(self.watch.clock.step, call.function, left, right, call.place))

    def on_operation(self, operation: Operation) -> None:
        """Notes the shapes that an operation was handed: no backward node holds those of data."""
        result = operation.result
        if not isinstance(result, Tensor):
            return
        if _adds_a_dimension(operation, result):
            self._shaped[id(result)] = weakref.ref(result), operation.place
        elif result.grad_fn is not None and result.grad_fn.name() in adapter.ELEMENTWISE_NODES:
            self._note(operation, result.grad_fn)

    def _note(self, operation: Operation, node: Any) -> None:
        pair = operation.args[:2]
        if len(pair) < 2 or not all(isinstance(t, Tensor) for t in pair):  # noqa: PLR2004 - the two operands
            return
        left, right = (tuple(t.shape) for t in pair)
        if pairs_samples(left, right) and not any(self._shaped_for_this(t, operation.place) for t in pair):
            name = adapter.ELEMENTWISE_NODES[node.name()]
            event = LossBroadcast(self.watch.clock.step, name, left, right, operation.place)
            self._operations[adapter.sequence_number(node)] = event

    def _shaped_for_this(self, tensor: Tensor, place: Place | None) -> bool:
        """Whether the operation's own line gave the tensor its shape: then all pairs are what it asks for."""
        reference, line = self._shaped.get(id(tensor), (None, None))
        return reference is not None and reference() is tensor and line == place

    def on_backward(self, backward: Backward) -> None:
        """Looks for the shape of an accident between the model's output and the loss."""
        graph = backward.graph
        for position in suspicious_positions(graph):
            if not self.watch.lines.depth:
                self.watch.request_lines(_SUSPICION)
                return
            event = self._operations.get(adapter.sequence_number(graph.nodes[position]))
            self.watch.lines_found(_SUSPICION)  # asked and answered, also where the shapes are meant
            if event is not None:
                self._write(event)

    def iteration_end(self) -> None:
        """Forget the iteration."""
        self._operations.clear()
        self._shaped.clear()
        self._written.clear()

    def _write(self, event: LossBroadcast) -> None:
        key = event.operation, event.place
        if key not in self._written:
            self._written.add(key)
            self.watch.emit(event)


def pairs_samples(left: Shape, right: Shape) -> bool:
    """Whether broadcasting pairs each sample of one tensor with each of the other, as (N, 1) with (N,) does.

    Both have N samples in their first dimension, but not the same number of dimensions, so that these first
    dimensions do not meet. Tensors that a program shapes for all pairs have equally many dimensions.
    """
    if len(left) == len(right) or not left or not right or left[0] != right[0] or left[0] < 2:  # noqa: PLR2004
        return False
    paired = list(zip_longest(reversed(left), reversed(right), fillvalue=1))
    if any(a != b and 1 not in (a, b) for a, b in paired):
        return False
    return math.prod(map(max, paired)) > max(math.prod(left), math.prod(right))


def _adds_a_dimension(operation: Operation, result: Tensor) -> bool:
    before = operation.args[0] if operation.name in _SHAPERS and operation.args else None
    return isinstance(before, Tensor) and result.dim() > before.dim()


def _kept_apart(call: LossCall) -> bool:
    """Whether the program shapes its input for all pairs and keeps them: a matrix of distances."""
    node = call.input.grad_fn
    return call.options.get("reduction") == "none" and node is not None and node.name() == "UnsqueezeBackward0"


def suspicious_positions(graph: Graph) -> Iterator[int]:
    """Operations of data with a value of shape (N, ...) whose result holds all pairs, and goes into the loss whole."""
    for position, node in enumerate(graph.nodes):
        if node.name() in adapter.ELEMENTWISE_NODES and _squares_the_batch(node) and _is_averaged(graph, position):
            yield position


def _squares_the_batch(node: Any) -> bool:
    inputs = [(n, index) for n, index in node.next_functions if n is not None]
    if len(inputs) != 1 or inputs[0][0].name() == "UnsqueezeBackward0":
        return False
    operand = _shape(*inputs[0])
    result = adapter.node_shape(node)
    if not operand or not result or operand[0] < 2:  # noqa: PLR2004 - one sample pairs with nothing
        return False
    return math.prod(result) > math.prod(operand) and result.count(operand[0]) > 1


def _shape(node: Any, index: int) -> Shape | None:
    leaf = adapter.leaf_variable(node)
    return adapter.output_shape(node, index) if leaf is None else tuple(leaf.shape)


def _is_averaged(graph: Graph, position: int) -> bool:
    """Whether all pairs go on to the loss with no parameter joining them on the way."""
    for _ in range(LONGEST_WAY):
        child, position = position, graph.parents[position]
        if position < 0:
            return True
        node = graph.nodes[position]
        others = [n for n in adapter.next_nodes(node) if n is not graph.nodes[child]]
        if any(_is_parameter(n) for n in others):
            return len(adapter.node_shape(node) or ()) == 0
    return False


def _is_parameter(node: Any) -> bool:
    """Whether a node stands for a leaf, as it is or transposed."""
    while node.name() in adapter.SHAPE_NODES:
        node = next(adapter.next_nodes(node), None)
        if node is None:
            return False
    return adapter.leaf_variable(node) is not None
