"""Optimizers of many trials: torch's formulas on one tensor, with a row and numbers of its own for each trial."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from functools import cache

import torch
from torch import Tensor

from wellfit.fuse.settings import Step

BLOCK = 131_072
"""Numbers that are gone through at once on a CPU: what an operation leaves is still in the cache for the next one."""

KERNEL_FROM = 2_048
"""Parameters of a trial from which on torch's one-pass kernel, called for each trial, beats operations on all."""

Columns = dict[str, Tensor]
"""Numbers by name, one for each trial, shape (K, 1)."""


class Rows(ABC):
    """One optimizer for K trials of P parameters.

    Args:
        steps: what each trial's steps are made with.
        like: the parameters, shape (K, P): dtype and device.
    """

    state_names: tuple[str, ...] = ()
    """Tensors of shape (K, P) that are carried from step to step."""

    def __init__(self, steps: Sequence[Step], like: Tensor) -> None:
        self.count = 0
        self.columns = {n: torch.tensor([[s.numbers[n]] for s in steps], dtype=torch.float64) for n in steps[0].numbers}
        self.factors = torch.tensor([s.factors for s in steps], dtype=torch.float64)
        self.states = {name: torch.zeros_like(like) for name in self.state_names}

    def keep(self, kept: Tensor) -> None:
        """Let go of all other trials.

        Args:
            kept: int64, shape (rows,), on the CPU.
        """
        self.columns = {n: c[kept] for n, c in self.columns.items()}
        self.factors = self.factors[kept]
        self.states = {n: s.index_select(0, kept.to(s.device)) for n, s in self.states.items()}

    def step(self, weights: Tensor, gradients: Tensor) -> None:
        """One step of all trials.

        Args:
            weights: shape (K, P), changed in place.
            gradients: shape (K, P), used up.
        """
        self._clip(gradients)
        columns = self.columns | {"lr": self.columns["lr"] * self.factors[:, self.count, None]}
        self.count += 1
        if not self._by_kernel(weights, gradients, columns):
            self._by_blocks(weights, gradients, on_device(self._derived(columns), weights))

    def _clip(self, gradients: Tensor) -> None:
        bound = self.columns["clip_norm"]
        if torch.isfinite(bound).any():
            norms = gradients.norm(dim=1, keepdim=True)
            gradients.mul_((bound.to(gradients) / (norms + 1e-6)).clamp(max=1.0))

    def _by_blocks(self, weights: Tensor, gradients: Tensor, columns: Columns) -> None:
        count, width = weights.shape
        rows = max(1, BLOCK // max(1, width)) if weights.device.type == "cpu" else count
        for at in range(0, count, rows):
            block = slice(at, at + rows)
            states = {n: s[block] for n, s in self.states.items()}
            self._update(weights[block], gradients[block], {n: c[block] for n, c in columns.items()}, states)

    def _by_kernel(self, weights: Tensor, gradients: Tensor, columns: Columns) -> bool:  # noqa: ARG002
        """Torch's own kernel for one trial after another; whether there is one, and it pays."""
        return False

    @abstractmethod
    def _derived(self, columns: Columns) -> Columns:
        """What `_update` multiplies by, in double precision: 1 - 0.999 is off by 1e-5 in single."""

    @abstractmethod
    def _update(self, w: Tensor, g: Tensor, columns: Columns, states: dict[str, Tensor]) -> None:
        """The step of some rows."""


class Adam(Rows):
    """Adam, by torch's formula.

    Source:
        Kingma, Ba 2015, "Adam: a method for stochastic optimization", algorithm 1.
    """

    state_names = ("mean", "square")
    kernel = "_fused_adam_"

    def _derived(self, columns: Columns) -> Columns:
        b1, b2 = columns["beta1"], columns["beta2"]
        return {
            "to_mean": 1 - b1,
            "keep_square": b2,
            "to_square": (1 - b2).sqrt(),
            "root": (1 - b2**self.count).rsqrt(),
            "eps": columns["eps"],
            "move": -columns["lr"] / (1 - b1**self.count),
            "decay": self._decay(columns),
        }

    def _decay(self, columns: Columns) -> Tensor:
        return columns["weight_decay"]

    def _update(self, w: Tensor, g: Tensor, columns: Columns, states: dict[str, Tensor]) -> None:
        self._decayed(w, g, columns["decay"])
        mean = states["mean"].lerp_(g, columns["to_mean"])
        g.mul_(columns["to_square"])
        square = states["square"].mul_(columns["keep_square"]).addcmul_(g, g)
        root = torch.sqrt(square, out=g).mul_(columns["root"]).add_(columns["eps"])
        w.addcmul_(torch.div(mean, root, out=root), columns["move"])

    def _decayed(self, w: Tensor, g: Tensor, decay: Tensor) -> None:
        g.addcmul_(w, decay)

    def _by_kernel(self, weights: Tensor, gradients: Tensor, columns: Columns) -> bool:
        if weights.device.type != "cpu" or weights.shape[1] < KERNEL_FROM:
            return False
        kernel = kernel_of(self.kernel)
        if kernel is None:
            return False
        count = [torch.tensor(float(self.count))]
        numbers = torch.cat([columns[n] for n in ("lr", "beta1", "beta2", "weight_decay", "eps")], 1).tolist()
        rows = zip(weights, gradients, self.states["mean"], self.states["square"], numbers, strict=True)
        for w, g, mean, square, (lr, b1, b2, decay, eps) in rows:
            options = {"lr": lr, "beta1": b1, "beta2": b2, "weight_decay": decay, "eps": eps}
            kernel([w], [g], [mean], [square], [], count, amsgrad=False, maximize=False, **options)
        return True


class AdamW(Adam):
    """Adam with weight decay apart from the gradient.

    Source:
        Loshchilov, Hutter 2019, "Decoupled weight decay regularization", algorithm 2, with torch's decay of lr times
        weight_decay.
    """

    kernel = "_fused_adamw_"

    def _decay(self, columns: Columns) -> Tensor:
        return 1 - columns["lr"] * columns["weight_decay"]

    def _decayed(self, w: Tensor, g: Tensor, decay: Tensor) -> None:  # noqa: ARG002  # the gradient stays as it is
        w.mul_(decay)


class SGD(Rows):
    """Stochastic gradient descent with momentum, by torch's formula: no dampening, Nesterov's form where asked."""

    state_names = ("momentum",)

    def _derived(self, columns: Columns) -> Columns:
        return {n: columns[n] for n in ("momentum", "nesterov", "weight_decay")} | {"move": -columns["lr"]}

    def _update(self, w: Tensor, g: Tensor, columns: Columns, states: dict[str, Tensor]) -> None:
        g.addcmul_(w, columns["weight_decay"])
        moved = states["momentum"].mul_(columns["momentum"]).add_(g)
        nesterov = columns["nesterov"]
        if nesterov.any():
            moved = torch.where(nesterov > 0, g.addcmul(moved, columns["momentum"]), moved)
        w.addcmul_(moved, columns["move"])


@cache
def kernel_of(name: str) -> Callable[..., object] | None:
    """Torch's one-pass step on a CPU, whose name and arguments are private; None where it does not take these."""
    kernel: Callable[..., object] | None = getattr(torch, name, None)
    one = [torch.zeros(1)]
    options = {"lr": 1.0, "beta1": 0.0, "beta2": 0.0, "weight_decay": 0.0, "eps": 1.0}
    try:
        if kernel is not None:
            kernel(one, one, [torch.zeros(1)], [torch.zeros(1)], [], one, amsgrad=False, maximize=False, **options)
    except (TypeError, RuntimeError):
        return None
    return kernel


def on_device(columns: Columns, like: Tensor) -> Columns:
    """Columns as another tensor is, in one transfer."""
    together = torch.stack(list(columns.values())).to(like.device, like.dtype)
    return dict(zip(columns, together, strict=True))


BY_KIND: dict[str, type[Rows]] = {"adamw": AdamW, "adam": Adam, "sgd": SGD}
"""Optimizers by the task's name for them."""
