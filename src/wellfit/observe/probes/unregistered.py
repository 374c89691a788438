"""Leaf tensors that the loss reaches, that no module lists and no optimizer holds."""

import gc
import weakref
from dataclasses import dataclass, replace

from torch import Tensor
from torch.nn import Module
from torch.optim import Optimizer

from wellfit.model.events.reach import LeavesReached, Unregistered
from wellfit.observe.holders import Held, find_holders
from wellfit.observe.moments import Backward, Step, Zeroed
from wellfit.observe.probe import Probe
from wellfit.observe.sources import assignment_place
from wellfit.observe.watch import Watch

MOST_GROUPS = 8
"""Attributes followed: a class that keeps its layers in lists has few of them."""

FINGERPRINT = 64
"""Entries of a tensor, spread over it, that show whether someone updates it: inputs at a border may be dead."""

MOST_FINGERPRINTS = 4
"""Tensors of an attribute whose entries are read."""

FIRST_LOOKS = (1, 3)
"""Looks after which an event is written even where nothing is suspicious."""


@dataclass
class _Group:
    event: Unregistered
    prints: dict[int, tuple[float, ...]]


class UnregisteredProbe(Probe):
    """Writes `LeavesReached`."""

    emits = (LeavesReached,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._held: set[int] = set()
        self._reached: dict[int, weakref.ref[Tensor]] = {}
        self._groups: dict[tuple[int, str], _Group] = {}
        self._looks = 0

    def on_backward(self, backward: Backward) -> None:
        """Gather the leaves, over all losses of the iteration."""
        self._reached.update({key: weakref.ref(leaf) for key, leaf in backward.graph.leaves.items()})

    def on_step_start(self, step: Step) -> None:
        """Note what the optimizer holds."""
        self._hold(step.optimizer)

    def on_zeroed(self, zeroed: Zeroed) -> None:
        """An optimizer shows itself here before its first step."""
        if isinstance(zeroed.owner, Optimizer):
            self._hold(zeroed.owner)

    def iteration_end(self) -> None:
        """Look for the holders of what nobody lists."""
        reached, self._reached = self._reached, {}
        leaves = {key: leaf for key, ref in reached.items() if (leaf := ref()) is not None}
        if not leaves or not self.watch.may_compute():
            return
        self._looks += 1
        orphans = {key: leaf for key, leaf in leaves.items() if not self._is_listed(key)}
        if orphans and self._looks > 1 and not self._groups:
            self._meet_all_optimizers()
            orphans = {key: leaf for key, leaf in orphans.items() if key not in self._held}
        if orphans:
            self._look(orphans)
        self._write(len(leaves))

    def _hold(self, optimizer: Optimizer) -> None:
        self._held.update(id(p) for group in optimizer.param_groups for p in group["params"])

    def _is_listed(self, key: int) -> bool:
        return key in self._held or any(key in root.names for root in self.watch.roots.all)

    def _meet_all_optimizers(self) -> None:
        """Once, on suspicion: an optimizer may wait for its turn."""
        for thing in gc.get_objects():
            if issubclass(type(thing), Optimizer):
                self._hold(thing)

    def _look(self, orphans: dict[int, Tensor]) -> None:
        for held in find_holders((module for _, module in self.watch.roots.living()), orphans):
            key = (id(held.owner), held.attribute)
            prints = _prints(held)
            group = self._groups.get(key)
            if group is None:
                if len(self._groups) >= MOST_GROUPS:
                    return
                group = self._groups[key] = _Group(_describe(held), prints)
            changed = group.prints != prints  # other values, or other tensors: a batch that a module remembers
            event = group.event
            group.event = replace(
                event,
                looks=event.looks + 1,
                changed=event.changed or changed,
                set_aside=event.set_aside or _is_set_aside(held),
            )

    def _write(self, leaves: int) -> None:
        found = tuple(group.event for group in self._groups.values())
        if found or self._looks in FIRST_LOOKS:
            self.watch.emit(LeavesReached(self.watch.clock.step, self._looks, leaves, found))


def _describe(held: Held) -> Unregistered:
    return Unregistered(
        owner=type(held.owner).__name__,
        attribute=held.attribute,
        container=held.container,
        content=held.content,
        parameters=len(held.tensors),
        elements=sum(t.numel() for t in held.tensors.values()),
        looks=0,
        changed=False,
        set_aside=False,
        place=assignment_place(type(held.owner), held.attribute),
    )


def _prints(held: Held) -> dict[int, tuple[float, ...]]:
    chosen = list(held.tensors.items())[:MOST_FINGERPRINTS]
    return {key: tuple(t.detach().reshape(-1)[:: 1 + t.numel() // FINGERPRINT].tolist()) for key, t in chosen}


def _is_set_aside(held: Held) -> bool:
    """Whether someone put the layers into evaluation mode while what holds them trains."""
    modules: list[Module] = held.modules
    return held.owner.training and any(not module.training for module in modules)
