"""Weights that start with equal rows, and whether their rows ever part."""

import math
import weakref
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from wellfit.model.events.init import ConstantRows, RowsWatched
from wellfit.model.place import Place
from wellfit.observe.moments import Backward, Step
from wellfit.observe.probe import Probe
from wellfit.observe.sources import assignment_place, constant_write_place, user_files
from wellfit.observe.watch import Watch

MOST_WEIGHTS = 8
"""Weights followed after the start; a program that fills all its layers shows it on the first few."""

MOST_LOOKS = 10
"""Sampled steps after the start; rows that have not parted by then stay together."""

FIRST_ENTRIES = 256
"""Entries of the first row, spread over it, that show whether a weight moves: inputs at a border may be dead."""


EQUAL = 1e-2
"""Difference of gradient rows from their mean, as a share of their size, that rounding may make."""


@dataclass
class _Followed:
    reference: "weakref.ref[Tensor]"
    name: str
    value: float | None
    first: list[float]
    place: Place | None
    looks: int = 0
    moving: int = 0
    agreeing: int = 0
    last: ConstantRows | None = None


class ConstantRowsProbe(Probe):
    """Writes `RowsWatched`."""

    emits = (RowsWatched,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._followed: dict[int, _Followed] = {}
        self._weights = 0
        self._count = 0
        self._looks = 0
        self._started = False

    def on_backward(self, backward: Backward) -> None:
        """Before the first step: which weights that the loss reaches have equal rows."""
        if self.watch.clock.step or self._started or not self.watch.may_compute():
            return
        weights = [leaf for leaf in backward.graph.leaves.values() if _is_weight(leaf)]
        fresh = [w for w in weights if id(w) not in self._followed]
        self._weights += len(fresh)
        for weight, equal in zip(fresh, _rows_equal(fresh), strict=True):
            if equal:
                self._count += 1
                self._follow(weight)

    def on_step_start(self, step: Step) -> None:
        """Count the sampled steps before which gradients arrived."""
        if not self._followed or not self.watch.may_compute():
            return
        for group in step.optimizer.param_groups:
            for parameter in group["params"]:
                followed = self._followed.get(id(parameter))
                weight = None if followed is None else followed.reference()
                if followed is not None and weight is parameter and weight.grad is not None:
                    followed.looks += 1
                    whole, parted = _row_parts(weight.grad)
                    followed.moving += whole > 0
                    followed.agreeing += whole > 0 and parted <= EQUAL * whole

    def iteration_end(self) -> None:
        """Write how the followed weights stand."""
        self._started = self._started or self.watch.clock.step > 0
        if self._looks > MOST_LOOKS or not self.watch.may_compute():
            return
        self._looks += 1
        described = tuple(self._describe_all())
        if described or self._looks == 1:
            self.watch.emit(RowsWatched(self.watch.clock.step, self._looks, self._weights, self._count, described))

    def _follow(self, weight: Tensor) -> None:
        if len(self._followed) >= MOST_WEIGHTS:
            return
        with torch.no_grad():
            first = _first_row(weight)
            value = first[0] if bool((weight.detach() == weight.detach().reshape(-1)[0]).all()) else None
        name = self.watch.roots.name_of(weight) or "x".join(map(str, weight.shape))
        self._followed[id(weight)] = _Followed(weakref.ref(weight), name, value, first, self._place_of(weight, value))

    def _place_of(self, weight: Tensor, value: float | None) -> Place | None:
        """The line that writes this value; else the one that builds the layer."""
        kinds = [type(m) for _, root in self.watch.roots.living() for m in root.modules()]
        attribute, assigned = "", None
        for _, root in self.watch.roots.living():
            for owner_name, owner in root.named_modules():
                held = [n for n, p in owner._parameters.items() if p is weight]
                if held:
                    attribute = held[0]
                    assigned = assignment_place(type(owner), attribute) or _layer_place(root, owner_name)
        written = None
        if value is not None:
            written = constant_write_place(user_files(kinds), _as_written(value), attribute)
        return written or assigned

    def _describe_all(self) -> Iterable[ConstantRows]:
        for followed in self._followed.values():
            weight = followed.reference()
            if weight is not None:
                followed.last = _describe(weight, followed)
            if followed.last is not None:
                yield followed.last


def _is_weight(leaf: Tensor) -> bool:
    return (
        leaf.dim() >= 2  # noqa: PLR2004 - rows of something
        and leaf.shape[0] >= 2  # noqa: PLR2004 - one row equals itself
        and leaf.is_floating_point()
        and leaf.layout is torch.strided
        and leaf.device.type != "meta"
        and leaf.numel() > leaf.shape[0]
    )


def _rows_equal(weights: list[Tensor]) -> list[bool]:
    """Whether all rows of each are equal, read once: most differ in the first two, which are looked at first."""
    if not weights:
        return []
    with torch.no_grad():
        first = [(w.detach()[0] == w.detach()[1]).all().reshape(1).cpu() for w in weights]
        return [
            bool(equal) and bool((w.detach() == w.detach()[:1]).all())
            for equal, w in zip(torch.cat(first).tolist(), weights, strict=True)
        ]


def _first_row(weight: Tensor) -> list[float]:
    row = weight.detach()[0].reshape(-1)
    entries: list[float] = row[:: math.ceil(row.numel() / FIRST_ENTRIES)].float().tolist()
    return entries


def _row_parts(values: Tensor) -> tuple[float, float]:
    """Root mean squares of the entries, and of their differences from the mean row."""
    if values.layout is not torch.strided:
        return 0.0, 0.0
    with torch.no_grad():
        data = values.detach().float()
        parts = torch.stack([data.square().mean(), (data - data.mean(dim=0)).square().mean()]).sqrt().tolist()
    return parts[0], parts[1]


def _describe(weight: Tensor, followed: _Followed) -> ConstantRows:
    changes = [a - b for a, b in zip(_first_row(weight), followed.first, strict=True)]
    moved = math.sqrt(sum(c * c for c in changes) / len(changes))
    return ConstantRows(
        followed.name,
        tuple(weight.shape),
        followed.value,
        followed.looks,
        followed.moving,
        followed.agreeing,
        moved,
        _row_parts(weight)[1],
        followed.place,
    )


def _layer_place(root: torch.nn.Module, name: str) -> Place | None:
    """The line that assigns a layer to the innermost module of the user's own around it."""
    parts = name.split(".") if name else []
    for depth in range(len(parts) - 1, -1, -1):
        owner = root.get_submodule(".".join(parts[:depth]))
        place = assignment_place(type(owner), parts[depth])
        if place is not None:
            return place
    return None


def _as_written(value: float) -> float:
    """The shortest decimal that is this float32: 0.1 is what the source says of 0.10000000149."""
    return float(f"{value:.7g}") if math.isfinite(value) else value
