"""Which parameters losses reach, against which ones optimizers hold."""

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.optim import Optimizer

from wellfit.model.events.optim import HeldParameters, ModuleParameters, ParametersCovered
from wellfit.observe.moments import Backward, Step
from wellfit.observe.optimizers import Held
from wellfit.observe.probe import Probe
from wellfit.observe.roots import Root
from wellfit.observe.watch import Watch

REPETITIONS = 3
"""Sampled iterations in which a loss must have reached a parameter before it is missed in the optimizers."""

MOST_NAMES = 6
MOST_OPTIMIZERS = 16
MOST_MODULES = 8
MOST_FINGERPRINTS = 256
"""Missing parameters whose values are compared from look to look; of further ones, only the version."""


@dataclass
class _Seen:
    """What is known of one parameter."""

    reference: "weakref.ref[Tensor]"
    version: int
    reached: int = 0
    latest: int = -1
    gradient: bool = False
    fingerprint: float | None = None
    written: bool = False
    loaded: bool | None = None


@dataclass
class _Stepped:
    held: Held
    looks: int = 0
    latest: int = -1


class CoverageProbe(Probe):
    """Writes `ParametersCovered`."""

    emits = (ParametersCovered,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._seen: dict[int, _Seen] = {}
        self._stepped: dict[int, _Stepped] = {}
        self._backwards = 0
        self._looked = 0
        self._described: dict[int, tuple[ModuleParameters, list[int]]] = {}

    def on_backward(self, backward: Backward) -> None:
        """Note the leaves that gradients will flow to."""
        leaves = backward.graph.leaves.values()
        if backward.loss.grad_fn is None or not leaves:
            return
        self._backwards += 1
        for leaf in leaves:
            seen = self._find(leaf)
            if seen.latest != self.watch.clock.iteration:
                seen.latest = self.watch.clock.iteration
                seen.reached += 1

    def on_step_start(self, step: Step) -> None:
        """Note gradients before the step uses them up."""
        self._note_gradients(step.optimizer)

    def on_first_step(self, step: Step) -> None:
        """Note what an optimizer holds: it may be gone by the next sampled iteration."""
        self._find_stepped(step)

    def on_step_end(self, step: Step) -> None:
        """Note gradients that a closure computed, and that the optimizer stepped."""
        stepped = self._find_stepped(step)
        self._note_gradients(step.optimizer)
        stepped.held.stepped_at = step.place or stepped.held.stepped_at
        if stepped.latest != self.watch.clock.iteration:
            stepped.latest = self.watch.clock.iteration
            stepped.looks += 1
            self._looked += 1

    def iteration_end(self) -> None:
        """After a sampled iteration, sum up."""
        if self._looked:
            self._looked = 0
            self.watch.optimizers.refresh()
            self._fingerprint_missing()
            self._write()

    def end(self) -> None:
        """Take back what an optimizer made since the last look came to hold; most objects are gone by now."""
        self.watch.optimizers.refresh()
        found = [
            replace(module, missing=0, missing_elements=0)
            for module, missing in self._described.values()
            if any(map(self.watch.optimizers.has_held, missing))
        ]
        if found:
            self.watch.emit(ParametersCovered(self.watch.clock.step, self._backwards, (), tuple(found)))

    def _find_stepped(self, step: Step) -> _Stepped:
        stepped = self._stepped.get(id(step.optimizer))
        if stepped is None or stepped.held.reference() is not step.optimizer:
            stepped = self._stepped[id(step.optimizer)] = _Stepped(self.watch.optimizers.find(step.optimizer))
            self.watch.optimizers.note(stepped.held, step.optimizer)
            self._forget_what_came_before(step.optimizer)
        return stepped

    def _find(self, parameter: Tensor) -> _Seen:
        seen = self._seen.get(id(parameter))
        if seen is None or seen.reference() is not parameter:
            seen = self._seen[id(parameter)] = _Seen(weakref.ref(parameter), _version(parameter))
        return seen

    def _note_gradients(self, optimizer: Optimizer) -> None:
        for parameter in _held_by(optimizer):
            seen = self._find(parameter)
            if not seen.gradient and parameter.is_leaf and parameter.grad is not None:
                seen.gradient = True

    def _forget_what_came_before(self, optimizer: Optimizer) -> None:
        """Of what an optimizer holds, only its own time counts: a layer may be replaced after it has learned."""
        for parameter in _held_by(optimizer):
            if parameter.grad is None:
                self._seen.pop(id(parameter), None)

    def _is_idle(self, parameter: Tensor) -> bool:
        seen = self._find(parameter)
        return not (seen.gradient or seen.reached or _version(parameter) != seen.version)

    def _is_missing(self, parameter: Tensor) -> bool:
        if not parameter.requires_grad or self.watch.optimizers.holder_of(parameter) is not None:
            return False
        seen = self._seen.get(id(parameter))
        if seen is None or seen.reference() is not parameter or seen.reached < REPETITIONS:
            return False
        return not seen.written and _version(parameter) == seen.version

    def _fingerprint_missing(self) -> None:
        """Programs that update by hand write through `.data`, which leaves the version as it was.

        A write that leaves every value as it was is none: so the best weights come back at the end of a training.
        """
        if not self.watch.may_compute():
            return
        unheld = [p for root in self._roots() for p in root[1] if self._unheld_and_reached(p)][:MOST_FINGERPRINTS]
        for parameter, value in zip(unheld, _norms(unheld), strict=True):
            seen = self._find(parameter)
            version = _version(parameter)
            same = seen.fingerprint == value
            seen.written = seen.written or (not same if seen.fingerprint is not None else version != seen.version)
            seen.fingerprint = value
            seen.version = version

    def _unheld_and_reached(self, parameter: Tensor) -> bool:
        seen = self._seen.get(id(parameter))
        return seen is not None and seen.reached > 0 and self.watch.optimizers.holder_of(parameter) is None

    def _roots(self) -> "Iterable[tuple[Root, list[Tensor]]]":
        for root, module in self.watch.roots.living():
            if root.has_parameters:
                yield root, [p for p in module.parameters() if type(p) is torch.nn.Parameter]

    def _write(self) -> None:
        registered = {id(p) for _, parameters in self._roots() for p in parameters}
        modules = [self._describe_module(root, parameters) for root, parameters in self._roots()]
        modules.sort(key=lambda m: -m.missing)
        held = [self._describe_held(s, registered) for s in self._stepped.values() if s.held.reference() is not None]
        held.sort(key=lambda h: (-h.stale, h.idle == 0, h.optimizer))
        self.watch.emit(
            ParametersCovered(
                self.watch.clock.step, self._backwards, tuple(held[:MOST_OPTIMIZERS]), tuple(modules[:MOST_MODULES])
            )
        )

    def _describe_held(self, stepped: _Stepped, registered: set[int]) -> HeldParameters:
        optimizer = stepped.held.reference()
        parameters = [] if optimizer is None else _held_by(optimizer)
        idle = [p for p in parameters if self._is_idle(p)]
        names = [n for p in idle if (n := self.watch.roots.name_of(p)) is not None]
        return HeldParameters(
            optimizer=stepped.held.index,
            kind=stepped.held.kind,
            made_at=stepped.held.made_at,
            stepped_at=stepped.held.stepped_at,
            looks=stepped.looks,
            parameters=len(parameters),
            elements=_elements(parameters),
            idle=len(idle),
            idle_elements=_elements(idle),
            frozen=sum(not p.requires_grad for p in idle),
            stale=sum(id(p) not in registered for p in idle),
            names=tuple(names[:MOST_NAMES]),
        )

    def _describe_module(self, root: Root, parameters: list[Tensor]) -> ModuleParameters:
        trainable = [p for p in parameters if p.requires_grad]
        holders = [h for p in trainable if (h := self.watch.optimizers.holder_of(p)) is not None]
        missing = [p for p in trainable if self._is_missing(p)]
        names = [root.names.get(id(p)) for p in missing]
        described = ModuleParameters(
            module=root.index,
            kind=root.kind,
            parameters=len(trainable),
            elements=_elements(trainable),
            held=len(holders),
            missing=len(missing),
            missing_elements=_elements(missing),
            reached=min((self._find(p).reached for p in missing), default=0),
            names=tuple(n for n in names if n is not None)[:MOST_NAMES],
            holders=tuple(sorted(set(holders)))[:MOST_OPTIMIZERS],
            loaded=self._any_loaded(missing),
        )
        self._described[root.index] = (described, [id(p) for p in missing])
        return described

    def _any_loaded(self, missing: list[Tensor]) -> bool:
        """As it stood when they were first missed: what a checkpoint brings back later was trained without them."""
        loaded = self._loaded() if any(self._find(p).loaded is None for p in missing) else set()
        for parameter in missing:
            seen = self._find(parameter)
            seen.loaded = id(parameter) in loaded if seen.loaded is None else seen.loaded
        return any(self._find(p).loaded for p in missing)

    def _loaded(self) -> set[int]:
        modules = [m for reference in self.watch.roots.loaded if (m := reference()) is not None]
        return {id(p) for module in modules for p in module.parameters()}


def _held_by(optimizer: Optimizer) -> list[Tensor]:
    return [p for group in optimizer.param_groups for p in group["params"]]


def _elements(parameters: list[Tensor]) -> int:
    return sum(p.numel() for p in parameters)


def _version(parameter: Tensor) -> int:
    return -1 if parameter.is_inference() else parameter._version


def _norms(parameters: list[Tensor]) -> list[float]:
    """One number each that an update changes, read in one go a device."""
    if not parameters:
        return []
    with torch.no_grad():
        norms = [p.detach().to(torch.float32 if p.device.type == "mps" else torch.float64).norm() for p in parameters]
        return torch.stack([n.to(norms[0].device) for n in norms]).tolist()
