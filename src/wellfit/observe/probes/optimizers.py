"""How optimizers are set, and whether their rate is zero."""

from dataclasses import dataclass, replace
from typing import Any

from torch.optim import Adam, Adamax, NAdam, Optimizer, RAdam

from wellfit.model.events.optim import OptimizerSeen, ParameterGroup
from wellfit.observe.moments import Step
from wellfit.observe.optimizers import Held
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

MOST_OPTIMIZERS = 16
"""Optimizers that are told of: a program with one per parameter has hundreds that are set alike."""


@dataclass
class _Count:
    held: Held
    zero_rate_steps: int = 0
    latest: OptimizerSeen | None = None


class OptimizersProbe(Probe):
    """Writes `OptimizerSeen`."""

    emits = (OptimizerSeen,)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._counts: dict[int, _Count] = {}

    def on_zero_rate(self, step: Step) -> None:
        """Count the step."""
        self._count(step).zero_rate_steps += all(map(_is_zero, step.optimizer.param_groups))

    def on_step_end(self, step: Step) -> None:
        """In a sampled iteration, read the settings."""
        count = self._count(step)
        if count.held.index < MOST_OPTIMIZERS:
            count.held.stepped_at = step.place or count.held.stepped_at
            self._write(count, step.optimizer)

    def on_first_step(self, step: Step) -> None:
        """Know of it, though it may be gone by the next sampled iteration."""
        self._count(step)

    def _count(self, step: Step) -> _Count:
        count = self._counts.get(id(step.optimizer))
        if count is None or count.held.reference() is not step.optimizer:
            count = self._counts[id(step.optimizer)] = _Count(self.watch.optimizers.find(step.optimizer))
        return count

    def end(self) -> None:
        """Write the final counts, also of optimizers that are gone."""
        for count in self._counts.values():
            optimizer, last = count.held.reference(), count.latest
            if last is None or last.steps == count.held.steps:
                continue
            groups = last.groups if optimizer is None else tuple(map(_describe, optimizer.param_groups))
            steps, zeros = count.held.steps, count.zero_rate_steps
            count.latest = replace(last, step=self.watch.clock.step, steps=steps, zero_rate_steps=zeros, groups=groups)
            self.watch.emit(count.latest)

    def _write(self, count: _Count, optimizer: Optimizer) -> None:
        held = count.held
        count.latest = OptimizerSeen(
            step=self.watch.clock.step,
            optimizer=held.index,
            kind=held.kind,
            rescales=_rescales(optimizer),
            made_at=held.made_at,
            stepped_at=held.stepped_at,
            steps=held.steps,
            zero_rate_steps=count.zero_rate_steps,
            groups=tuple(map(_describe, optimizer.param_groups)),
            of_torch=_is_of_torch(optimizer),
        )
        self.watch.emit(count.latest)


def _is_zero(group: dict[str, Any]) -> bool:
    rate = group.get("lr")
    return type(rate) in (float, int) and rate == 0


def _number(value: Any) -> float | None:
    return float(value) if type(value) in (float, int) else None


def _describe(group: dict[str, Any]) -> ParameterGroup:
    parameters = group["params"]
    return ParameterGroup(
        _number(group.get("lr")),
        _number(group.get("weight_decay")),
        group.get("decoupled_weight_decay") is True,
        len(parameters),
        sum(p.numel() for p in parameters),
        _number(group.get("lr_scale")),
    )


def _rescales(optimizer: Optimizer) -> bool:
    """Whether its step is that of one of torch's own classes of the Adam family; a subclass may have another."""
    family = [c for c in type(optimizer).__mro__ if c in (Adam, Adamax, NAdam, RAdam)]
    step = _unwrapped(getattr(type(optimizer), "step", None))
    return bool(family) and step is _unwrapped(family[0].step)


def _is_of_torch(optimizer: Optimizer) -> bool:
    """Whether its step is that of a class of torch.optim."""
    module = getattr(_unwrapped(getattr(type(optimizer), "step", None)), "__module__", None)
    return str(module).startswith("torch.optim.")


def _unwrapped(step: Any) -> Any:
    """Torch's profiling wraps the step of every class anew; the function inside is what counts."""
    while hasattr(step, "__wrapped__"):
        step = step.__wrapped__
    return step
