"""How an optimizer is set, in the words of a recipe."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from wellfit.recipes.show import words

CUSTOMARY: dict[str, Any] = {
    "momentum": 0,
    "eps": 1e-8,
    "nesterov": False,
    "amsgrad": False,
    "dampening": 0,
    "maximize": False,
}
"""Options that are said only where they differ from this."""

SAID = ("momentum", "nesterov", "betas", "eps", "alpha", "rho", "dampening", "amsgrad", "maximize")
"""Options that change what a step does."""

PEAKS = ("max_lr", "initial_lr", "lr")
"""Where a group keeps the rate that its schedule starts from or rises to; the first that is there."""


@dataclass(frozen=True)
class Setup:
    """An optimizer as it stood at its first step.

    Args:
        kind: its class.
        rates: of its groups, each once, falling; at the schedule's peak where the group tells it.
        decays: of its groups that decay, each once, falling.
        options: what else is set, in words.
        spared: which parameters do not decay, in words; empty where nothing decays.
        spares: whether it spares all parameters of one dimension and nothing else; None where nothing decays.
        numbers: that it holds.
    """

    kind: str
    rates: tuple[float, ...]
    decays: tuple[float, ...]
    options: dict[str, Any]
    spared: str
    spares: bool | None
    numbers: int


def read_setup(optimizer: Optimizer) -> Setup:
    """Read an optimizer's groups; nothing of it is changed."""
    groups = [group for group in optimizer.param_groups if group["params"]]
    spared, spares = _spared(groups)
    return Setup(
        type(optimizer).__name__,
        _falling(map(_peak, groups)),
        _falling(_number(group.get("weight_decay") or None) for group in groups),
        _options(groups[0], optimizer.defaults) if groups else {},
        spared,
        spares,
        sum(p.numel() for group in groups for p in group["params"]),
    )


def _peak(group: dict[str, Any]) -> float | None:
    return next((rate for name in PEAKS if (rate := _number(group.get(name))) is not None), None)


def _falling(values: Iterable[float | None]) -> tuple[float, ...]:
    return tuple(sorted({value for value in values if value is not None}, reverse=True))


def _number(value: Any) -> float | None:
    """A rate in a tensor may lie on a device, and is not read."""
    return float(value) if type(value) in (float, int) else None


def _options(group: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """As the optimizer was made, where a schedule has begun to cycle the momentum."""
    held = defaults if "max_momentum" in group else group
    found = {name: held[name] for name in SAID if name in held}
    return {name: value for name, value in found.items() if CUSTOMARY.get(name, object()) != value and _is_plain(value)}


def _is_plain(value: Any) -> bool:
    return type(value) in (float, int, bool) or (type(value) is tuple and all(map(_is_plain, value)))


def _spared(groups: list[dict[str, Any]]) -> tuple[str, bool | None]:
    """Which parameters are left out of the decay."""
    decayed = [p for group in groups if group.get("weight_decay") for p in group["params"]]
    spared = [p for group in groups if not group.get("weight_decay") for p in group["params"]]
    if not decayed:
        return "", None
    if not spared:
        return "none", False
    if all(map(_is_flat, spared)) and not any(map(_is_flat, decayed)):
        return "all of one dimension", True
    return f"{len(spared)} of {len(spared) + len(decayed)} parameters", False


def _is_flat(parameter: Tensor) -> bool:
    return parameter.dim() <= 1


def shown_range(values: tuple[float, ...], count: str) -> str:
    """One value, or the ends of several."""
    if not values:
        return ""
    if len(values) == 1:
        return words(values[0])
    return f"{words(values[0])} to {words(values[-1])} {count}"
