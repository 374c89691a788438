"""What stands at the far end of a backward pass: the model's parameters, or a tensor without a past."""

import weakref
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import Parameter
from torch.optim import Optimizer

from wellfit.model.events.loss import LossTraced
from wellfit.model.place import Place
from wellfit.observe.graph import Graph
from wellfit.observe.moments import Backward, Forward, Operation, Step
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

MOST_BACKWARDS = 4
"""Backward passes that are written per iteration: accumulation repeats them."""

_SUSPICION = "a backward that reaches no parameter"


class LossTracesProbe(Probe):
    """Writes `LossTraced`."""

    emits = (LossTraced,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._waiting: list[tuple[LossTraced, frozenset[int]]] = []
        self._written = 0
        self._made: dict[int, tuple[weakref.ref[Tensor], str, Place | None]] = {}
        self._cut: dict[int, tuple[str, Place | None]] = {}

    def on_forward(self, forward: Forward) -> None:
        """A tensor made before a model ran is its input, not what became of its output."""
        if forward.root.has_parameters:
            self._made.clear()
            self._cut.clear()

    def on_operation(self, operation: Operation) -> None:
        """Notes where tensors without a past are made."""
        result = operation.result
        if not isinstance(result, Tensor) or result.grad_fn is not None:
            return
        known = self._made.get(id(result))
        if known is None or known[0]() is not result:
            self._made[id(result)] = weakref.ref(result), operation.name, operation.place
        if operation.name in ("data", "detach") and result.device.type != "meta":
            self._cut[result.data_ptr()] = operation.name, operation.place

    def on_backward(self, backward: Backward) -> None:
        """Counts the leaves; what became of them is known when the optimizer steps."""
        if len(self._waiting) + self._written >= MOST_BACKWARDS:
            return
        graph, loss = backward.graph, backward.loss
        strangers = [t for t in graph.leaves.values() if not issubclass(type(t), Parameter)]
        made_by, made_at = self._origin(strangers) if len(strangers) == len(graph.leaves) else (None, None)
        event = LossTraced(
            step=self.watch.clock.step,
            place=backward.place,
            requires_grad=loss.requires_grad,
            operations=len(graph.nodes),
            leaves=len(graph.leaves),
            parameters=len(graph.leaves) - len(strangers),
            missing_gradients=0,
            held=0,
            made_by=made_by,
            made_at=made_at,
        )
        if not loss.requires_grad:  # torch is about to refuse it
            self._written += 1
            self.watch.emit(event)
            return
        self._waiting.append((event, frozenset(map(id, strangers)) if _is_whole(graph) else frozenset()))

    def _origin(self, strangers: list[Tensor]) -> tuple[str | None, Place | None]:
        for tensor in strangers:
            reference, name, place = self._made.get(id(tensor), (None, None, None))
            if reference is not None and reference() is tensor:
                return name, place
            if tensor.device.type != "meta" and tensor.data_ptr() in self._cut:
                return self._cut[tensor.data_ptr()]
        return None, None

    def on_step_end(self, step: Step) -> None:
        """The optimizer has used what gradients there were."""
        waiting, self._waiting = self._waiting, []
        held = _held(step.optimizer) if waiting else {}
        for event, strangers in waiting:
            self._written += 1
            self._conclude(event, strangers, held)

    def _conclude(self, event: LossTraced, strangers: frozenset[int], held: dict[int, Tensor]) -> None:
        parameters = event.parameters + sum(i in held for i in strangers)
        trainable = [p for p in held.values() if p.requires_grad]  # frozen ones get nothing by intent
        event = replace(event, parameters=parameters, held=len(trainable))
        if not parameters and strangers:
            event = replace(event, missing_gradients=_count_missing(trainable))
            if event.made_at is not None:
                self.watch.lines_found(_SUSPICION)
            elif event.missing_gradients == event.held:
                self.watch.request_lines(_SUSPICION)
        self.watch.emit(event)

    def iteration_end(self) -> None:
        """Forget the iteration."""
        self._written = 0
        self._waiting.clear()
        self._made.clear()
        self._cut.clear()

    def end(self) -> None:
        """No step followed the last backward: it raised, or the program ends."""
        for event, _ in self._waiting:
            self.watch.emit(event)
        self._waiting.clear()


def _is_whole(graph: Graph) -> bool:
    return graph.whole


def _held(optimizer: Optimizer) -> dict[int, Tensor]:
    """What it could train: frozen parameters miss their gradient on purpose."""
    return {id(p): p for group in optimizer.param_groups for p in group["params"] if p.requires_grad}


def _count_missing(parameters: Any) -> int:
    """How many have no gradient, or one that is all zero."""
    given = [p.grad for p in parameters if p.grad is not None]
    missing = sum(p.grad is None for p in parameters)
    dense = [g for g in given if not g.is_sparse and g.numel()]
    if not dense:
        return missing
    with torch.no_grad():
        largest = torch.stack([g.detach().abs().amax().float().cpu() for g in dense])
        return missing + int((largest == 0).sum())
