"""The order of forward, backward, clearing and step, for each optimizer."""

from collections import Counter

from torch.nn import Module

from wellfit.model.events.loop import CycleSeen
from wellfit.observe.cycle import Cycle
from wellfit.observe.graph import walk
from wellfit.observe.moments import Backward, Forward, LossCall, Step, Zeroed
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

MOST_OPTIMIZERS = 16
"""Optimizers that are followed; a program with one optimizer a parameter has thousands of equals."""

FIRST_CYCLES = 6
"""Cycles of an optimizer that are all written; later ones once an iteration."""

MOST_EXTRA_ITERATIONS = 6
"""Iterations that an optimizer may ask for, to see suspicious cycles one after the other."""

FEWEST_KNOWN = 2
"""Cycles that are watched from one step to the next before nothing more is asked for."""


class OptimizerCyclesProbe(Probe):
    """Writes `CycleSeen`."""

    emits = (CycleSeen,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._cycles: dict[int, Cycle] = {}
        self._written: Counter[int] = Counter()
        self._asked: Counter[int] = Counter()
        self._known: Counter[int] = Counter()
        self._last_written_in: dict[int, int] = {}
        self._roots_seen = False

    def on_forward(self, forward: Forward) -> None:
        """A module of the loop was called."""
        if not forward.grad or not forward.root.has_parameters:
            return
        self._roots_seen = True
        for cycle in self._current():
            if not cycle.ids.isdisjoint(forward.root.names):
                cycle.forwards += 1

    def on_loss_call(self, call: LossCall) -> None:
        """Of programs without modules, a loss tells that a forward pass ran."""
        if self._roots_seen or not call.input.requires_grad:
            return
        leaves = walk(call.input).leaves
        for cycle in self._current():
            cycle.forwards += not cycle.ids.isdisjoint(leaves)

    def on_backward(self, backward: Backward) -> None:
        """Compare the gradients with those of the latest step."""
        if not self._cycles or not self.watch.may_compute():
            return
        leaves = backward.graph.leaves
        for cycle in self._current():
            if not cycle.ids.isdisjoint(leaves):
                cycle.meet_backward(backward.place)

    def on_zeroed(self, zeroed: Zeroed) -> None:
        """Remember who is about to clear gradients that no step has consumed."""
        if not self.watch.may_compute():
            return
        owner = zeroed.owner
        for cycle in self._current():
            if issubclass(type(owner), Module) or cycle.optimizer_id == id(owner):
                cycle.meet_clearing(zeroed.place)

    def on_step_start(self, step: Step) -> None:
        """Look at what the step will consume."""
        cycle = self._cycles.get(step.index)
        if cycle is not None and self.watch.may_compute():
            self._refresh(cycle)
            cycle.stepping = True
            cycle.meet_step(step.optimizer, step.backwards_since)

    def on_step_end(self, step: Step) -> None:
        """End a cycle and begin the next."""
        cycle = self._cycles.get(step.index)
        if cycle is None:
            self._ask(step.index)  # it may begin long after the run did, where few iterations are watched
        elif cycle.stepping:
            self._conclude(cycle, step)
        if cycle is not None or len(self._cycles) < MOST_OPTIMIZERS:
            may = self.watch.may_compute()
            iteration = self.watch.clock.iteration
            begun = self._cycles[step.index] = Cycle(step.optimizer, iteration, may_compute=may)
            for other in self._cycles.values():
                other.shared |= other is not begun and not other.ids.isdisjoint(begun.ids)

    def _conclude(self, cycle: Cycle, step: Step) -> None:
        moved = cycle.has_moved()
        if cycle.closure:
            cycle.meet_step(step.optimizer, step.backwards_since)
        seen = self._describe(cycle, step, moved=moved)
        if self._may_write(step.index):
            self.watch.emit(seen)
        self._known[step.index] += seen.complete and seen.reached > 0
        empty = seen.gradients != "fresh" and (seen.forwards or seen.reached)
        if seen.kept or empty or (seen.reached and self._known[step.index] < FEWEST_KNOWN):
            self._ask(step.index)

    def _ask(self, index: int) -> None:
        if self._asked[index] < MOST_EXTRA_ITERATIONS:
            self._asked[index] += 1
            self.watch.clock.ask_for_full_iteration()

    def _may_write(self, index: int) -> bool:
        now = self.watch.clock.iteration
        if self._written[index] >= FIRST_CYCLES and self._last_written_in.get(index) == now:
            return False
        self._written[index] += 1
        self._last_written_in[index] = now
        return True

    def _describe(self, cycle: Cycle, step: Step, *, moved: bool) -> CycleSeen:
        cleared = cycle.was_cleared()
        return CycleSeen(
            step=self.watch.clock.step,
            optimizer=step.index,
            kind=type(step.optimizer).__name__,
            complete=cycle.complete,
            backwards=step.backwards_since,
            reached=cycle.reached,
            forwards=cycle.forwards,
            forwards_before=cycle.forwards_before,
            kept=cycle.kept and cycle.grads_at_step == "fresh",
            kept_peak=cycle.kept_peak,
            cleared=cleared,
            forwards_since_cleared=cycle.forwards - cycle.forwards_when_cleared if cleared else 0,
            gradients=cycle.grads_at_step,
            moved=moved,
            shared=cycle.shared,
            closure=cycle.closure,
            backward_at=cycle.backward_at,
            cleared_at=cycle.cleared_at if cleared else None,
            step_at=step.place,
        )

    def _current(self) -> list[Cycle]:
        for cycle in self._cycles.values():
            self._refresh(cycle)
        return list(self._cycles.values())

    def _refresh(self, cycle: Cycle) -> None:
        """A cycle that began before an iteration nobody watched starts anew, without its gradients."""
        if cycle.iteration < self.watch.clock.iteration - 1:
            cycle.forget(self.watch.clock.iteration - 1)
