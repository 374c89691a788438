"""Train on batches of another size, and tell where the batches come from."""

import operator
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import Module
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.utils.data import DataLoader

from wellfit.intervene.calls import before_calls
from wellfit.intervene.evaluation_forward import EvaluationForward
from wellfit.intervene.sample_sizes import Sizes, measure
from wellfit.intervene.training_batches import TrainingBatches, length, plan, why_not
from wellfit.model.events.batch import BatchesSeen, OptimizerStepped, OtherLoader


@dataclass
class _Stepped:
    """An optimizer, and how often it stepped."""

    optimizer: Optimizer
    rate: float | None
    parameters: int
    device: str
    steps: int = 0


@dataclass
class _Drawn:
    """Batches of a loader: all, those before the first step on one of them, those before the latest; and the steps."""

    batches: int = 0
    first: int = 0
    latest: int = 0
    steps: int = 0
    with_gradients: bool = False


class PlanBatches(TrainingBatches):
    """The loader number `loader`, in the order in which they are made, has batches of `size` samples.

    All are full, and its epochs have `batches` of them. With `rows` every batch is made of these, from the first on.
    Before the step number `evaluate` the model is called once more on its batch, as evaluations call it. Without a
    number nothing is changed. Which loader trains, and what it is like, is reported.
    """

    name = "plan_batches"
    options = frozenset({"loader", "size", "batches", "rows", "evaluate"})

    def install(self) -> None:
        """Follow loaders, steps and calls."""
        super().install()
        self._latest: int | None = None
        self._draws: dict[int, _Drawn] = {}
        self._optimizers: dict[int, _Stepped] = {}
        self._norms: set[int] = set()
        self._steps_at: list[float] = []
        self._evaluation = EvaluationForward()
        register_optimizer_step_pre_hook(self._before_step)
        if self.cure.options.get("evaluate"):
            before_calls(self._evaluation.before_call)
        before_calls(self._before_call)

    def made(self, number: int, loader: DataLoader[Any]) -> None:
        """Exchange the batches of the loader that is meant."""
        if number != self.cure.options.get("loader"):
            return
        refusal = why_not(loader)
        if refusal is not None:
            self.refuse(refusal)
            return
        options = self.cure.options
        size = int(options["size"])
        batches = int(options.get("batches") or max(1, (length(loader.sampler) or size) // size))
        plan(loader, lambda: size, batches, tuple(options.get("rows") or ()))
        self.applied()

    def drawn(self, number: int) -> None:
        """Count."""
        self._latest = number
        known = self._draws.setdefault(number, _Drawn())
        known.batches += 1
        known.with_gradients = known.with_gradients or torch.is_grad_enabled()

    def _before_step(self, optimizer: Optimizer, *_: Any) -> None:
        known = self._optimizers.get(id(optimizer))
        if known is None:
            known = self._optimizers[id(optimizer)] = _seen(optimizer)
        known.steps += 1
        self._steps_at.append(time.perf_counter())
        if len(self._steps_at) == self.cure.options.get("evaluate"):
            self._evaluation.run()
        if self._latest is None:
            return
        drawn = self._draws[self._latest]
        drawn.steps += 1
        drawn.first = drawn.first or drawn.batches
        drawn.latest = drawn.batches

    def _before_call(self, module: Module, _: Any) -> None:
        if isinstance(module, _BatchNorm) and module.training:
            self._norms.add(id(module))

    def scores(self) -> Iterator[BatchesSeen]:
        """What feeds the steps: the loader whose batches most of them were made on."""
        fed = {number: drawn.steps for number, drawn in self._draws.items() if drawn.steps}
        number = max(fed, key=fed.__getitem__, default=None)
        optimizers = sorted(self._optimizers.values(), key=lambda known: -known.parameters)
        device = optimizers[0].device if optimizers else "cpu"
        loader = None if number is None else self.loaders[number]
        steps = len(self._steps_at)
        sizes = measure(loader) if loader is not None and not self.cure.options else Sizes()
        yield BatchesSeen(
            loader=number,
            made_at=None if number is None else self.places[number],
            batch_size=None if loader is None else loader.batch_size,
            drop_last=loader is not None and bool(loader.drop_last),
            rows=None if loader is None else length(loader.sampler),
            workers=0 if loader is None else loader.num_workers,
            refusal=None if loader is None or self.times else why_not(loader),
            draws_a_step=0.0 if number is None else self._draws_a_step(self._draws[number]),
            step_s=statistics.median(map(operator.sub, self._steps_at[1:], self._steps_at)) if steps > 1 else None,
            optimizers=tuple(OptimizerStepped(_name(k), k.rate, k.parameters, k.steps) for k in optimizers),
            batch_norms=len(self._norms),
            shortest=sizes.shortest,
            longest=sizes.longest,
            longest_rows=sizes.longest_rows,
            measured=sizes.measured,
            others=tuple(self._others(number)),
            device=device,
            free_bytes=_free_on_device() if device == "cuda" else None,
        )

    def _draws_a_step(self, drawn: _Drawn) -> float:
        """Between the first step on its batches and the last one: some loaders load one batch ahead."""
        steps = max(known.steps for known in self._optimizers.values())
        return (drawn.latest - drawn.first) / (steps - 1) if steps > 1 else float(drawn.latest)

    def _others(self, number: int | None) -> Iterator[OtherLoader]:
        for other, drawn in self._draws.items():
            if other != number:
                loader = self.loaders[other]
                yield OtherLoader(self.places[other], loader.batch_size, length(loader.sampler), drawn.with_gradients)


def _seen(optimizer: Optimizer) -> _Stepped:
    rates = [float(group["lr"]) for group in optimizer.param_groups if "lr" in group]
    parameters = [p for group in optimizer.param_groups for p in group["params"]]
    device = parameters[0].device.type if parameters else "cpu"
    return _Stepped(optimizer, max(rates, default=None), sum(p.numel() for p in parameters), device)


def _name(known: _Stepped) -> str:
    return type(known.optimizer).__name__


def _free_on_device() -> int:
    """What others leave of it, with what this process has reserved."""
    free, _ = torch.cuda.mem_get_info()
    return int(free) + int(torch.cuda.memory_reserved())
