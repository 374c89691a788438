"""Parameters that run but that no gradient reaches, and the operation that cuts them off."""

import weakref
from collections.abc import Iterable, Iterator

from torch import Tensor
from torch.nn import Module

from wellfit.model.events.reach import Cut, PathsTraced
from wellfit.observe.moments import Backward, Forward, ModuleCall, Operation, Step
from wellfit.observe.probe import Probe
from wellfit.observe.taint import CutAt, Taint, Tracer
from wellfit.observe.watch import Watch

_SUSPICION = "a parameter that runs without being reached"

MIN_LOOKS = 2
"""Sampled iterations without a gradient, before the way of the values is followed."""

MOST_TRACED = 3
"""Iterations in which it is followed: values that do not reach the loss in these are outputs that nobody uses."""

_FIRST_LOOKS = (1, 2, 3, 4, 8)

MOST_NAMES = 4
"""Names in an event."""


class GradientPathsProbe(Probe):
    """Writes `PathsTraced`."""

    emits = (PathsTraced,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._ran: set[int] = set()
        self._reached: set[int] = set()
        self._ever_reached: set[int] = set()
        self._without: dict[int, weakref.ref[Tensor]] = {}
        self._suspects: dict[int, tuple[weakref.ref[Tensor], int]] = {}
        self._training = True
        self._whole = True
        self._looks = 0
        self._traced = 0
        self._tracer: Tracer | None = None
        self._cuts: dict[CutAt, dict[int, tuple[str, int]]] = {}
        self._written: PathsTraced | None = None

    def on_forward(self, forward: Forward) -> None:
        """Whether the root trains: layers in evaluation mode below it are frozen on purpose."""
        if forward.grad:
            self._training = forward.training

    def on_module_call(self, call: ModuleCall) -> None:
        """A module ran: its own parameters took part."""
        self._ran.update(_own_parameters(call.module))

    def on_cut_call(self, call: ModuleCall) -> None:
        """A module ran with gradients off inside a forward that has them on."""
        if call.module.training or not self._training:
            self._ran.update(_own_parameters(call.module))

    def on_operation(self, operation: Operation) -> None:
        """Follow the values of the suspects."""
        if self._tracer is None and self._suspects:
            self._tracer = Tracer(frozenset(self._suspects))
        if self._tracer is not None:
            self._tracer.see(operation)

    def on_backward(self, backward: Backward) -> None:
        """What this loss reaches, and what was cut off on the way to it."""
        self._reached.update(backward.graph.leaves)
        self._whole = self._whole and backward.graph.whole
        if self._tracer is not None and self._tracer.operations:
            self._keep_cuts(self._tracer.cuts_behind(backward.loss))

    def on_step_start(self, step: Step) -> None:
        """Parameters that come to their optimizer's step without any gradient."""
        if not self.watch.clock.sampled:
            self._acquit(step)
            return
        for group in step.optimizer.param_groups:
            for parameter in group["params"]:
                key = id(parameter)
                if parameter.grad is not None:
                    self._ever_reached.add(key)
                    self._without.pop(key, None)
                elif parameter.requires_grad and key not in self._ever_reached:
                    self._without[key] = weakref.ref(parameter)

    def iteration_end(self) -> None:
        """Who ran, was not reached and came without a gradient; ask for lines when it repeats."""
        if self._whole and self._reached:
            self._looks += 1
            self._ever_reached |= self._reached
            self._count_suspects()
        if self._tracer is not None and self._tracer.operations:
            self._traced += 1
        self._write()
        if self._wants_trace():
            self.watch.request_lines(_SUSPICION)
        self._ran, self._reached, self._without = set(), set(), {}
        self._whole, self._tracer = True, None
        self._listen_while_suspicious()

    def end(self) -> None:
        """Write where it stands."""
        self._write()

    def _listen_while_suspicious(self) -> None:
        """Only while there are suspects does each step cost a look."""
        wanted = frozenset({"step_start"}) if self._suspects else frozenset[str]()
        if wanted != self.always:
            self.always = wanted
            self.watch.listen_again()

    def _acquit(self, step: Step) -> None:
        """Between the sampled iterations: a gradient after all."""
        if self._suspects:
            for group in step.optimizer.param_groups:
                for parameter in group["params"]:
                    if parameter.grad is not None and id(parameter) in self._suspects:
                        self._ever_reached.add(id(parameter))
                        del self._suspects[id(parameter)]

    def _count_suspects(self) -> None:
        for key, reference in self._without.items():
            if key in self._ran and key not in self._ever_reached:
                looks = self._suspects.get(key, (reference, 0))[1]
                self._suspects[key] = (reference, looks + 1)
        for key in [k for k in self._suspects if k in self._ever_reached]:
            del self._suspects[key]

    def _wants_trace(self) -> bool:
        if self._cuts or self._traced >= MOST_TRACED or not self._ever_reached:
            return False
        return any(looks >= MIN_LOOKS for _, looks in self._suspects.values())

    def _keep_cuts(self, taint: Taint) -> None:
        for cut, ids in taint.items():
            if cut is not None:
                self._cuts.setdefault(cut, {}).update(self._describe(ids))
                self.watch.lines_found(_SUSPICION)

    def _describe(self, ids: Iterable[int]) -> Iterator[tuple[int, tuple[str, int]]]:
        """Name and size, taken down while the parameters live: a model may be gone when the process ends."""
        for key in ids:
            reference, _ = self._suspects.get(key, (None, 0))
            parameter = None if reference is None else reference()
            if parameter is not None:
                name = self.watch.roots.name_of(parameter) or "x".join(map(str, parameter.shape))
                yield key, (name, parameter.numel())

    def _write(self) -> None:
        if not self._looks:
            return
        unreached = sum(looks >= MIN_LOOKS for _, looks in self._suspects.values())
        event = PathsTraced(
            step=self.watch.clock.step,
            looks=self._looks,
            reached=len(self._ever_reached),
            unreached=unreached,
            traced=self._traced,
            cuts=tuple(self._describe_cuts()),
        )
        known = self._written
        self._written = event
        news = known is None or (known.unreached, known.traced, known.cuts) != (unreached, self._traced, event.cuts)
        if news or self._looks in _FIRST_LOOKS:
            self.watch.emit(event)

    def _describe_cuts(self) -> Iterator[Cut]:
        told: set[int] = set()
        for cut, parameters in self._cuts.items():
            guilty = [described for key, described in parameters.items() if key in self._suspects and key not in told]
            told |= parameters.keys()
            if guilty:
                names = tuple(name for name, _ in guilty[:MOST_NAMES])
                elements = sum(numel for _, numel in guilty)
                yield Cut(cut.operation, cut.place, names, len(guilty), elements, cut.without_gradients)


def _own_parameters(module: Module) -> Iterator[int]:
    return (id(p) for p in module._parameters.values() if p is not None)
