"""Any schedule as a scheduler of torch's."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from torch import Tensor
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from wellfit.schedules.curve import Curve
from wellfit.schedules.shapes.one_cycle import momentum as momentum_at


def schedule(  # noqa: PLR0913  # one call sets all there is to a schedule
    optimizer: Optimizer,
    name: str,
    steps: int,
    *,
    warmup: float = 0,
    warmup_kind: str = "linear",
    warmup_start: float | None = None,
    min_ratio: float | None = None,
    momentum: Sequence[float] | None = None,
    last_epoch: int = -1,
    **options: Any,
) -> "ScheduleLR":
    """A learning-rate schedule for an optimizer, to be stepped once after each optimizer step.

    Each parameter group's rate is its own peak (the `lr` it was made with) times one multiplier, a closed form of the
    step: groups keep their ratios, and a resumed run has the same rates to the last bit.

    Args:
        optimizer: its groups' `lr` are the peaks.
        name: constant, multistep, exponential, cosine, linear, polynomial, inverse_sqrt, wsd or one_cycle.
        steps: >= 1; calls of `step()` in the whole run, which is where the floor is reached.
        warmup: steps (int, >= 0) or share of the run (float, in [0, 1)) until the peak.
        warmup_kind: "linear" or "exponential".
        warmup_start: share of the peak at the first step, in (0, 1]; by default 1 / (warmup + 1) for a linear warmup
            and 0.01 for an exponential one.
        min_ratio: share of the peak at the end, in [0, 1), for the schedules that have one; None leaves the default
            of 0.01 (one_cycle: 4e-6).
        momentum: for one_cycle, the momentum (or first beta) at the start and end, and at the peak: (0.95, 0.85).
        last_epoch: -1 for a new run; else the step to go on from, with `initial_lr` in the optimizer's groups.
        options: of the schedule: `milestones`, `gamma`, `power`, `timescale`, `decay`, `decay_kind`, `rise`,
            `start_ratio`.

    Returns:
        A scheduler with `step`, `state_dict`, `load_state_dict` and `get_last_lr` as every one of torch's.

    Raises:
        ValueError: an argument is out of range, unknown or contradicts another; names all that are.

    Example:
        >>> import torch
        >>> optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        >>> scheduler = schedule(optimizer, "cosine", 100, warmup=0.05)
        >>> scheduler.get_last_lr()[0] < 0.1
        True
    """
    if min_ratio is not None:
        options["min_ratio"] = min_ratio
    curve = Curve(name, steps, warmup, warmup_kind, warmup_start, options)
    return ScheduleLR(optimizer, curve, momentum=momentum, last_epoch=last_epoch)


class ScheduleLR(LRScheduler):
    """What `schedule` returns.

    It sets each rate anew from its closed form, as torch's LambdaLR does: in a ChainedScheduler it stands first, and
    what a ReduceLROnPlateau or a hand changes is undone at the next step.

    Args:
        optimizer: its groups' `lr` are the peaks.
        curve: the multiplier by the step.
        momentum: at the ends and at the peak of one_cycle; None leaves it alone.
        last_epoch: -1 for a new run; else the step to go on from.

    Raises:
        ValueError: momentum was given and the schedule or the optimizer has none, or it is no pair in [0, 1).
    """

    def __init__(
        self, optimizer: Optimizer, curve: Curve, *, momentum: Sequence[float] | None = None, last_epoch: int = -1
    ) -> None:
        self.curve = curve
        self.momentum = None if momentum is None else _momentum(optimizer, curve, momentum)
        super().__init__(optimizer, last_epoch)

    @property
    def steps(self) -> int:
        """The length of the run.

        It may be set when the length changes. From the next call of `step()` on the rates are those of a run that had
        the new length from its first step, so a longer run jumps up to where its curve is; a warmup given as a share
        grows along. A length that has already passed leaves the rate at the floor.
        """
        return self.curve.steps

    @steps.setter
    def steps(self, steps: int) -> None:
        self.curve = replace(self.curve, steps=steps)

    def get_lr(self) -> list[float | Tensor]:
        """The rates at the step that `step()` has just reached; call `get_last_lr()` instead.

        Moves the momentum along, as torch's OneCycleLR does here: a SequentialLR comes past `step()`.
        """
        self._move_momentum()
        factor = self.curve.factor(max(0, self.last_epoch))
        return [peak * factor for peak in self._peaks()]

    def state_dict(self) -> dict[str, Any]:
        """The state as plain data, which `torch.load(weights_only=True)` reads."""
        return super().state_dict() | {"curve": asdict(self.curve)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of another, its curve included: set `steps` afterwards where the length is another now.

        Args:
            state_dict: as `state_dict` returned it; stays as it is.
        """
        super().load_state_dict(state_dict | {"curve": Curve(**state_dict["curve"])})

    def _peaks(self) -> list[Any]:
        """The peaks of all groups; one added later brings its own, where torch's schedulers leave it alone or fail."""
        for group in self.optimizer.param_groups[len(self.base_lrs) :]:
            lr = group.setdefault("initial_lr", group["lr"])
            self.base_lrs.append(lr.clone() if isinstance(lr, Tensor) else lr)
        return self.base_lrs

    def _move_momentum(self) -> None:
        if self.momentum is None:
            return
        high, low = self.momentum
        rise = self.curve.options.get("rise", 0.3)
        now = momentum_at(max(0, self.last_epoch), self.steps, rise=rise, high=high, low=low)
        for group in self.optimizer.param_groups:
            if "betas" in group:
                group["betas"] = (now, *group["betas"][1:])
            else:
                group["momentum"] = now


def _momentum(optimizer: Optimizer, curve: Curve, pair: Sequence[float]) -> tuple[float, float]:
    mistakes = []
    if not curve.shape.warms_itself:
        mistakes.append(f"momentum moves with one_cycle only, got {curve.name}")
    if not all("betas" in group or "momentum" in group for group in optimizer.param_groups):
        mistakes.append(f"momentum needs an optimizer that has one, got {type(optimizer).__name__}")
    if len(pair) != 2 or not all(0 <= value < 1 for value in pair):  # noqa: PLR2004  # at the ends, at the peak
        mistakes.append(f"momentum must be two numbers in [0, 1), got {pair}")
    if mistakes:
        raise ValueError("; ".join(mistakes))
    return float(pair[0]), float(pair[1])
