"""What reaches a loss function, and which operation made it."""

import sys
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from torch import Tensor

from wellfit.model.events.loss import LossComputed, Producer, SoftmaxRepeated
from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.graph import METADATA_KEY, Graph, producers
from wellfit.observe.moments import Backward, LossCall, Operation
from wellfit.observe.places import is_user_code
from wellfit.observe.probe import Probe
from wellfit.observe.values import summarize_targets, summarize_values
from wellfit.observe.watch import Watch

if TYPE_CHECKING:
    from types import FrameType

MOST_CALLS = 4
"""Calls of one loss function at one line that are written per iteration: a loop over heads or a closure repeats."""

MOST_LINES = 16
"""Lines with a loss call that are written per iteration."""

MOST_PRODUCERS = 4
"""Operations behind one value that are written: a fused or branching graph names its own nodes."""

_DROPOUT_KEY = "wellfit.dropout"
_DROPOUTS = frozenset({"dropout", "dropout_", "feature_dropout", "alpha_dropout", "native_dropout"})
_ACTIVATIONS = frozenset({"softmax", "log_softmax", "sigmoid"})
_FORWARDS = adapter.activation_forwards()
_CALLS = adapter.module_call_codes()
_SQUASHING = frozenset({"softmax", "sigmoid"})
_BOUNDED = frozenset({"binary_cross_entropy", "binary_cross_entropy_with_logits"})


class LossInputsProbe(Probe):
    """Writes `LossComputed` and `SoftmaxRepeated`."""

    emits = (LossComputed, SoftmaxRepeated)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._written: Counter[tuple[str, Place | None]] = Counter()
        self._seen: set[int] = set()
        self._repeats = 0

    def on_loss_call(self, call: LossCall) -> None:
        """A loss function of torch.nn.functional."""
        if call.grad:
            self._seen.add(adapter.sequence_number(call.input.grad_fn))
            self._write(call.function, call.input, call.target, call.place)

    def on_backward(self, backward: Backward) -> None:
        """Loss nodes that no seam saw: the function of `torch` itself was called, or the loss is written out."""
        graph = backward.graph
        self._find_repeated(graph)
        for position in graph.positions(*adapter.SAVING_LOSS_NODES):
            node = graph.nodes[position]
            given, target = adapter.saved(node, "self"), adapter.saved(node, "target")
            if _is_tensor(given) and _is_tensor(target) and adapter.sequence_number(given.grad_fn) not in self._seen:
                self._write(adapter.LOSS_NODES[node.name()], given, target, graph.place(position))

    def _find_repeated(self, graph: Graph) -> None:
        for position in graph.positions("LogSoftmaxBackward0"):
            given = next(adapter.next_nodes(graph.nodes[position]), None)
            if given is None or self._repeats >= MOST_CALLS or self._was_seen(given):
                continue
            made_by = _made_by(given)
            if all(p.operation == "softmax" for p in made_by):
                self._repeats += 1
                self._ask("a softmax before log-softmax", made_by)
                self.watch.emit(SoftmaxRepeated(self.watch.clock.step, made_by, graph.place(position)))

    def _was_seen(self, node: Any) -> bool:
        """Whether a seam saw what this node made reach its loss; autocast puts a cast between."""
        inner = next(adapter.next_nodes(node), None) if node.name() == "ToCopyBackward0" else None
        return any(adapter.sequence_number(n) in self._seen for n in (node, inner) if n is not None)

    def on_operation(self, operation: Operation) -> None:
        """Marks dropout, which is a plain product on a CPU, and activation modules that torch calls."""
        node = operation.result.grad_fn if isinstance(operation.result, Tensor) else None
        if node is None:
            return
        if operation.name in _DROPOUTS:
            _note(node, _DROPOUT_KEY, value=True)
        elif operation.name in _ACTIVATIONS:
            made_at = self.watch.made.place(_module_called_by_torch())
            if made_at is not None:
                _note(node, METADATA_KEY, value=made_at)

    def iteration_end(self) -> None:
        """Forget the iteration."""
        self._written.clear()
        self._seen.clear()
        self._repeats = 0

    def _write(self, function: str, given: Tensor, target: Tensor, place: Place | None) -> None:
        key = function, place
        if self._written[key] >= MOST_CALLS or len(self._written) > MOST_LINES or not self._readable(given, target):
            return
        self._written[key] += 1
        made_by = _made_by(given.grad_fn)
        event = LossComputed(
            step=self.watch.clock.step,
            function=function,
            place=place,
            input=summarize_values(given),
            target=summarize_targets(target),
            producers=made_by,
            opaque=any(p.operation == adapter.COMPILED_NODE for p in made_by),
        )
        self._ask_for_lines(event, given.grad_fn)
        self.watch.emit(event)

    def _readable(self, given: Tensor, target: Tensor) -> bool:
        plain = given.is_floating_point() and given.device.type != "meta" and given.dim() > 0
        whole = given.numel() > 0 and target.numel() > 0 and not target.is_complex()
        return plain and whole and self.watch.may_compute()

    def _ask_for_lines(self, event: LossComputed, node: Any) -> None:
        if _is_squashed(event) or _hides_a_squashing(node):
            at = "" if event.place is None else f" at {event.place.file}:{event.place.line}"
            self._ask(f"what reaches {event.function}{at}", event.producers)

    def _ask(self, suspicion: str, made_by: tuple[Producer, ...]) -> None:
        if made_by and all(p.place is not None for p in made_by):
            self.watch.lines_found(suspicion)
        else:
            self.watch.request_lines(suspicion)


def _note(node: Any, key: str, *, value: object) -> None:
    node.metadata[key] = value


def _module_called_by_torch() -> object:
    """The activation module whose forward is running, where a container called it and not the program."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code not in _FORWARDS:
        if is_user_code(frame.f_code):
            return None
        frame = frame.f_back
    if frame is None:
        return None
    module, caller = frame.f_locals.get("self"), frame.f_back
    while caller is not None and caller.f_code in _CALLS:
        caller = caller.f_back
    return None if caller is None or is_user_code(caller.f_code) else module


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Tensor)


def _is_squashed(event: LossComputed) -> bool:
    """Whether the values look like a softmax's or a sigmoid's where the loss expects none, or like a clamp's."""
    made = {p.operation for p in event.producers}
    values = event.input
    if event.function in _BOUNDED:
        logits = event.function.endswith("logits")
        return bool(made & _SQUASHING) if logits else any(p.behind == "linear" for p in event.producers)
    if event.function not in ("cross_entropy", "nll_loss"):
        return False
    return (
        bool(made & _SQUASHING)
        or any(_runs_along_samples(p, event.target.shape) for p in event.producers)
        or values.unit_rows == values.rows
        or (event.function == "cross_entropy" and values.log_unit_rows == values.rows)
    )


def _runs_along_samples(made_by: Producer, target: tuple[int, ...]) -> bool:
    """Whether a softmax runs along the first dimension, in which the samples lie, or those that some were picked of."""
    shape = made_by.shape
    if made_by.dim is None or shape is None or len(shape) < 2:  # noqa: PLR2004 - samples and classes
        return False
    return made_by.operation.endswith("softmax") and made_by.dim % len(shape) == 0 and shape[:1] >= target[:1]


def _made_by(node: Any) -> tuple[Producer, ...]:
    return () if node is None else tuple(_describe(node))


def _describe(node: Any) -> Iterator[Producer]:
    for made_by in list(producers(node, _passes))[:MOST_PRODUCERS]:
        name = made_by.name()
        operation = adapter.ACTIVATION_NODES.get(name, name)
        yield Producer(
            operation,
            adapter.saved_dim(made_by),
            adapter.node_shape(made_by),
            made_by.metadata.get(METADATA_KEY),
            _behind(made_by) if operation == "clamp" else None,
        )


def _behind(node: Any) -> str | None:
    names = {n.name() for following in adapter.next_nodes(node) for n in producers(following, _passes)}
    return "linear" if names <= adapter.LINEAR_NODES else "+".join(sorted(names)[:MOST_PRODUCERS])


def _passes(node: Any) -> bool:
    """Whether what is true of the values before a node is true after it, but for some that are dropped."""
    name = node.name()
    return name in adapter.SHAPE_NODES or name in adapter.JOIN_NODES or _DROPOUT_KEY in node.metadata


def _hides_a_squashing(node: Any) -> bool:
    """Whether a product with a constant, as dropout is on a CPU, stands between an activation and the loss."""
    if node is None:
        return False
    behind = [n for n in producers(node, _passes) if n.name() == "MulBackward0"][:1]
    inner = [n for product in behind for n in adapter.next_nodes(product)]
    return len(inner) == 1 and all(n.name() in adapter.SOFTMAX_NODES for n in producers(inner[0], _passes))
