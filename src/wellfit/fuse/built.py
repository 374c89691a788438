"""The models of trials, and what they differ in: numbers that can be stacked, or a structure that cannot."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import torch
from torch import Tensor, nn

from wellfit.fuse.settings import Step
from wellfit.fuse.task import FusedTask, Setting

Site = tuple[str, str]
"""A number that a module holds: the module's name and the attribute's."""

OF_TORCH = frozenset(vars(nn.Module()))
"""Attributes that every module has: parameters and the like are compared as such."""

PLAIN = (str, bytes, int, float, type(None), torch.dtype, torch.device, type, BuiltinFunctionType)
"""What stands for itself."""

DEEPEST = 3
"""Objects within one another that are compared; what lies deeper counts as equal where its class is."""


@dataclass(frozen=True)
class Trial:
    """One setting with one seed.

    Attributes:
        index: place among all trials.
        setting: as it was given.
        seed: of weights, order, dropouts and noise.
        step: what its steps are made with.
        model: as `build` made it, on the task's device.
    """

    index: int
    setting: Setting
    seed: int
    step: Step
    model: nn.Module


class Noted(Mapping[str, Any]):
    """A setting that notes which of its names are read.

    Args:
        setting: it.
        read: where names are put.
    """

    def __init__(self, setting: Setting, read: set[str]) -> None:
        self._setting, self._read = setting, read

    def __getitem__(self, name: str) -> float | int | str:
        self._read.add(name)
        return self._setting[name]

    def __getattr__(self, name: str) -> float | int | str:
        if name.startswith("_") or name not in self._setting:
            raise AttributeError(f"no hyperparameter is named {name!r}")
        return self[name]

    def __iter__(self) -> Iterator[str]:
        self._read.update(self._setting)
        return iter(self._setting)

    def __len__(self) -> int:
        return len(self._setting)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Torch's generators as `torch.manual_seed(seed)` leaves them, and as they were afterwards."""
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    with torch.random.fork_rng(devices=list(devices)):
        torch.manual_seed(seed)
        yield


def build(task: FusedTask, setting: Setting, seed: int, read: set[str]) -> nn.Module:
    """The model of one trial.

    Args:
        task: whose `build` makes it.
        setting: of the trial.
        seed: of its weights.
        read: takes the names that `build` reads.
    """
    with seeded(seed):
        return task.build(Noted(setting, read)).to(task.device)


@dataclass(frozen=True)
class Group:
    """Trials whose models differ in numbers only.

    Attributes:
        trials: in their order.
        varied: numbers that differ, each with its value by trial.
    """

    trials: tuple[Trial, ...]
    varied: dict[Site, tuple[float, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.trials)

    def parts(self, size: int) -> Iterator["Group"]:
        """Groups of at most `size` trials."""
        yield from (self.of(range(i, min(i + size, len(self)))) for i in range(0, len(self), size))

    def of(self, kept: Sequence[int]) -> "Group":
        """Some of the trials, by their place in this group."""
        varied = {site: tuple(values[i] for i in kept) for site, values in self.varied.items()}
        return Group(tuple(self.trials[i] for i in kept), varied)


def groups(trials: Sequence[Trial]) -> list[Group]:
    """Trials by the structure of their models, in order of their first trial."""
    by_structure: dict[Any, list[Trial]] = {}
    for trial in trials:
        by_structure.setdefault(structure(trial.model), []).append(trial)
    return [group for alike in by_structure.values() for group in _by_whole_numbers(alike)]


def _by_whole_numbers(trials: Sequence[Trial]) -> list[Group]:
    """A number that is whole in every model (heads, kernels) is structure; one that is not anywhere may differ."""
    numbers = [dict(_numbers(trial.model)) for trial in trials]
    fractional = {site for held in numbers for site, value in held.items() if isinstance(value, float)}
    alike: dict[Any, list[int]] = {}
    for i, held in enumerate(numbers):
        alike.setdefault(tuple((s, v) for s, v in held.items() if s not in fractional), []).append(i)
    return [_with_varied([trials[i] for i in kept], [numbers[i] for i in kept], fractional) for kept in alike.values()]


def _with_varied(trials: list[Trial], numbers: list[dict[Site, float]], fractional: set[Site]) -> Group:
    values = {site: tuple(float(held[site]) for held in numbers) for site in numbers[0] if site in fractional}
    return Group(tuple(trials), {site: v for site, v in values.items() if len(set(v)) > 1})


def by_value(group: Group, sites: set[Site]) -> list[Group]:
    """A group cut up until none of the sites' numbers differ within a part."""
    alike: dict[Any, list[int]] = {}
    for i in range(len(group)):
        alike.setdefault(tuple(values[i] for site, values in group.varied.items() if site in sites), []).append(i)
    parts = [group.of(kept) for kept in alike.values()]
    return [Group(p.trials, {site: v for site, v in p.varied.items() if site not in sites}) for p in parts]


def structure(model: nn.Module) -> Any:
    """What models must have in common to be stacked; hashable, numbers of modules left out."""
    modules = tuple((name, type(m), m.training, _others(m)) for name, m in model.named_modules())
    tensors = [*model.named_parameters(), *model.named_buffers()]
    return modules, tuple((n, tuple(t.shape), t.dtype, t.device, t.requires_grad) for n, t in tensors)


def _numbers(model: nn.Module) -> Iterator[tuple[Site, float | int]]:
    for name, module in model.named_modules():
        yield from (((name, k), v) for k, v in _own(module) if type(v) in {int, float})


def _others(module: nn.Module) -> Any:
    return tuple((k, _described(v, DEEPEST)) for k, v in _own(module) if type(v) not in {int, float})


def _own(module: nn.Module) -> Iterator[tuple[str, Any]]:
    return ((k, v) for k, v in vars(module).items() if k not in OF_TORCH)


def _described(value: Any, depth: int) -> Any:
    """A hashable stand-in: equal where values are, as far as one can look."""
    if isinstance(value, Tensor):
        return type(value), tuple(value.shape), value.dtype
    if isinstance(value, FunctionType):
        return value.__code__, _described(tuple(c.cell_contents for c in value.__closure__ or ()), depth - 1)
    if depth <= 0 or isinstance(value, nn.Module):
        return type(value)
    return _described_inside(value, depth)


def _described_inside(value: Any, depth: int) -> Any:
    if isinstance(value, Mapping):
        return tuple((_described(k, 0), _described(v, depth - 1)) for k, v in value.items())
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value), tuple(_described(v, depth - 1) for v in value)
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, partial):
        return type(value), _described((value.func, value.args, value.keywords), depth)
    if isinstance(value, MethodType):
        return _described((value.__func__, value.__self__), depth)
    return type(value), _described(getattr(value, "__dict__", {}), depth - 1)
