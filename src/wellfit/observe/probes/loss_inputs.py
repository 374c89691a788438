"""What reaches a loss function, and which operation made it."""

from collections.abc import Iterator
from typing import Any

from wellfit.model.events.loss import LossComputed, Producer
from wellfit.observe import adapter
from wellfit.observe.graph import METADATA_KEY, only_moves, producers
from wellfit.observe.moments import Backward, LossCall
from wellfit.observe.probe import Probe
from wellfit.observe.values import summarize_targets, summarize_values

_SUSPICION = "an activation right before the loss"


class LossInputsProbe(Probe):
    """Writes `LossComputed`."""

    emits = (LossComputed,)

    def on_loss_call(self, call: LossCall) -> None:
        """A loss function of torch.nn.functional."""
        if self.watch.may_compute() and call.input.is_floating_point() and call.input.numel() and call.target.numel():
            self._write(call.function, call.input, call.target, call.place, grad=call.grad)

    def on_backward(self, backward: Backward) -> None:
        """Loss nodes that no seam sees, such as binary_cross_entropy_with_logits."""
        if not self.watch.may_compute():
            return
        graph = backward.graph
        for position in graph.positions("BinaryCrossEntropyWithLogitsBackward0", "KlDivBackward0"):
            node = graph.nodes[position]
            given, target = adapter.saved(node, "self"), adapter.saved(node, "target")
            if given is not None and target is not None:
                self._write(adapter.LOSS_NODES[node.name()], given, target, graph.place(position), grad=True)

    def _write(self, function: str, given: Any, target: Any, place: Any, *, grad: bool) -> None:
        made_by = tuple(_describe(given.grad_fn)) if grad and given.grad_fn is not None else ()
        activations = [p for p in made_by if p.operation in adapter.SOFTMAX_NODES.values()]
        if activations and all(p.place is not None for p in activations):
            self.watch.lines_found(_SUSPICION)
        elif activations:
            self.watch.request_lines(_SUSPICION)
        elif grad and place is None:
            self.watch.request_lines("a loss without a line")
        self.watch.emit(
            LossComputed(
                step=self.watch.clock.step,
                function=function,
                grad=grad,
                place=place,
                input=summarize_values(given),
                target=summarize_targets(target),
                producers=made_by,
                result_broadcasts=given.shape != target.shape and function in _ELEMENTWISE,
            )
        )


_ELEMENTWISE = frozenset({"mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss"})


def _describe(node: Any) -> Iterator[Producer]:
    """The operations behind a value, at most four: a fused or branching graph names its own nodes."""
    for made_by in list(producers(node, only_moves))[:4]:
        name = made_by.name()
        yield Producer(
            adapter.SOFTMAX_NODES.get(name, name),
            adapter.saved_dim(made_by),
            adapter.node_shape(made_by),
            made_by.metadata.get(METADATA_KEY),
        )
