"""Trials at once: the forward of one, vectorized over all, one backward, one optimizer."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.func import functional_call, vmap

from wellfit.fuse.alone import measured, noised, on_device
from wellfit.fuse.anatomy import Anatomy
from wellfit.fuse.built import Group
from wellfit.fuse.draws import Draws, Held
from wellfit.fuse.feed import Feed
from wellfit.fuse.intercept import CROSS_ENTROPY, Intercepted
from wellfit.fuse.layers import Chain, chain, takes
from wellfit.fuse.losses import cross_entropy, is_plain
from wellfit.fuse.nested import as_arguments, mapped, modes, rows
from wellfit.fuse.optimizers import BY_KIND
from wellfit.fuse.room import keep_heap
from wellfit.fuse.stack import Stack, numbered, refuse_changes, tensor_attributes
from wellfit.fuse.task import Batch, FusedTask


class Together:
    """Trials of one group.

    Args:
        task: the training.
        group: its models are copied.
        anatomy: of one of them.

    Raises:
        Refused: their tensors cannot be stacked.
    """

    def __init__(self, task: FusedTask, group: Group, anatomy: Anatomy) -> None:
        self._task, self.stack = task, Stack(group, anatomy)
        if self.stack.weights.device.type == "cpu":
            keep_heap()
        self._optimizer = BY_KIND[task.optimizer]([t.step for t in group.trials], self.stack.weights)
        self._seeds = [t.seed for t in group.trials]
        self.feed = Feed(task, self._distinct())
        self._gradients = torch.empty_like(self.stack.weights)
        self._held: Held = {}
        self._modes = modes(self.stack.base)
        self._put = numbered(self.stack.base, list(self.stack.varied))
        self._plain = [getattr(self.stack.base.get_submodule(m), a) for m, a in self.stack.varied]
        self._place()

    def _distinct(self) -> list[int]:
        return list(dict.fromkeys(self._seeds))

    def _place(self) -> None:
        """Where each trial finds its seed's numbers, and numbers of its own for the forward."""
        distinct, device = self._distinct(), self.stack.weights.device
        at = {seed: i for i, seed in enumerate(distinct)}
        self._rows = torch.tensor([at[s] for s in self._seeds], device=device) if len(distinct) > 1 else None
        self._in_order = self._rows is not None and len(distinct) == len(self._seeds)
        columns = self._optimizer.columns
        self._smoothing = _column(columns["label_smoothing"], device)
        self._spread = _column(columns["input_noise"], device)
        stack = self.stack
        self._chain: Chain | None = chain(stack.base, {**stack.leaves, **stack.own}, stack.varied)

    def step(self) -> Tensor:
        """One optimizer step of each.

        Returns:
            Losses before it, shape (K,).
        """
        inputs, targets = self._of_trials(self.feed.next())
        if self._chain is not None and takes(inputs, None if self._rows is None else 0):
            losses = self._chained(self._chain, inputs, targets)
        else:
            losses = self._losses(inputs, targets)
        self.stack.gradients(losses, self._gradients)
        with torch.no_grad():
            self._optimizer.step(self.stack.weights, self._gradients)
        return losses.detach()

    def _of_trials(self, batch: Batch) -> Batch:
        """Batches with an axis of trials in front, or one for all of them."""
        if self._rows is None or self._in_order:
            return batch
        placed = self._rows
        inputs, targets = mapped(lambda t: t.index_select(0, placed), batch)
        return inputs, targets

    def _losses(self, inputs: Any, targets: Any) -> Tensor:
        task, count, seeds = self._task, self._optimizer.count, self._distinct()

        def one(given: Any, outputs_of: Callable[[Any], Any], data: Batch) -> Tensor:
            (smoothing, spread, row), (x, y) = given, data
            draws = Draws(seeds, count, row)
            with Intercepted(draws, smoothing, stacked=True):
                noisy = x if spread is None else noised(x, draws, spread)
                return task.loss(outputs_of(noisy), y).mean()

        data = None if self._rows is None else 0
        losses: Tensor = self._mapped(one, (self._smoothing, self._spread, self._rows), (inputs, targets), data)
        return losses

    def _chained(self, layers: Chain, inputs: Any, targets: Any) -> Tensor:
        """The same for a chain of known layers, which needs no vmap but for the loss."""
        draws = Draws(self._distinct(), self._optimizer.count, self._rows, self._held)
        if self._spread is not None:
            noise = draws.noise(0, inputs.shape[-2:], inputs.device)
            inputs = inputs + (noise * self._spread[:, None, None]).to(inputs.dtype)
        outputs = layers(inputs, {**self.stack.leaves, **self.stack.own}, draws)
        return self._of_outputs(outputs, targets)

    def _of_outputs(self, outputs: Tensor, targets: Any) -> Tensor:
        """Losses from outputs of all trials, shape (K, B, ...)."""
        shared = self._rows is None
        if self._task.loss is CROSS_ENTROPY and is_plain((outputs[0], targets if shared else targets[0]), {}):
            classes = targets.expand(len(outputs), -1) if shared else targets
            return cross_entropy(outputs, classes, None if self._smoothing is None else self._smoothing[:, None], {})

        def one(smoothing: Any, output: Any, target: Any) -> Tensor:
            with Intercepted(None, smoothing, stacked=True):
                return self._task.loss(output, target).mean()

        axes = (None if self._smoothing is None else 0, 0, None if shared else 0)
        return vmap(one, axes, randomness="error")(self._smoothing, outputs, targets)

    def _mapped(self, one: Callable[..., Any], columns: Sequence[Tensor | None], data: Batch, axis: int | None) -> Any:
        """Vectorize a function of one trial over all of them."""
        stack = self.stack

        def of_trial(own: Any, varied: Any, given: Any, data: Any) -> Any:
            self._put(varied)
            tensors = {**stack.shared, **own}

            def outputs_of(inputs: Any) -> Any:
                positional, named = as_arguments(inputs)
                return functional_call(stack.base, tensors, positional, named)

            return one(given, outputs_of, data)

        axes = (0, 0, tuple(None if c is None else 0 for c in columns), axis)
        arguments = ({**stack.leaves, **stack.own}, list(stack.varied.values()), tuple(columns), data)
        first = self._optimizer.count == 0
        held = tensor_attributes(stack.base) if first else {}
        try:
            made = vmap(of_trial, axes, randomness="error")(*arguments)
        finally:
            self._put(self._plain)
        if first:
            refuse_changes(held, tensor_attributes(stack.base))
        return made

    @torch.no_grad()
    def evaluate(self, batches: Sequence[Batch]) -> dict[str, list[float]]:
        """Losses, under "", and metrics by name over the batches, each sample counting the same."""
        self.stack.base.eval()
        sums: dict[str, Tensor] = {}
        count = 0
        for inputs, targets in on_device(batches, self._task.device):
            for name, values in self._mapped(self._measured, (), (inputs, targets), None).items():
                sums[name] = sums.get(name, 0.0) + values.double() * rows(targets)
            count += rows(targets)
        for module, training in self._modes.items():
            module.training = training
        return {name: (total / count).tolist() for name, total in sums.items()}

    def _measured(self, _: Any, outputs_of: Callable[[Any], Any], data: Batch) -> dict[str, Tensor]:
        x, y = data
        with Intercepted(None, None, stacked=True):
            return dict(measured(self._task, outputs_of(x), y))

    def keep(self, kept: Sequence[int]) -> None:
        """Let go of all other trials; those kept go on as if nothing had been.

        Args:
            kept: rows, ascending.
        """
        picked = torch.tensor(list(kept), dtype=torch.int64)
        self.stack.keep(picked)
        self._optimizer.keep(picked)
        self._seeds = [self._seeds[i] for i in kept]
        self.feed.keep(self._distinct())
        self._gradients = torch.empty_like(self.stack.weights)
        self._place()


def _column(column: Tensor, device: torch.device) -> Tensor | None:
    """Numbers of trials, shape (K,), float32; None where all are 0."""
    return column[:, 0].to(device, torch.float32) if column.any() else None
