"""The models of many trials as one: parameters in one tensor, a row for each trial; buffers with an axis of trials."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from wellfit.fuse.anatomy import Anatomy
from wellfit.fuse.built import Group, Site


class Stack:
    """K models of one structure.

    Args:
        group: whose models they are; they are copied.
        anatomy: of one of them.

    Attributes:
        base: a model whose tensors are exchanged for those of the trials.
        weights: trained parameters, shape (K, P).
        leaves: views into them by name, shape (K, ...), that want gradients.
        own: what else differs by trial or changes, by name, shape (K, ...).
        shared: what is the same in all, by name.
        varied: numbers of modules, shape (K,).

    Raises:
        Refused: a parameter's dtype differs from another's.
    """

    def __init__(self, group: Group, anatomy: Anatomy) -> None:
        models = [trial.model for trial in group.trials]
        self.base = copy.deepcopy(models[0])
        named = [dict(model.named_parameters()) for model in models]
        self._shapes = {n: p.shape for n, p in named[0].items() if n in anatomy.trained}
        if len({named[0][n].dtype for n in self._shapes}) != 1:
            raise Refused("the parameters have several dtypes")
        self.weights = torch.stack([torch.cat([held[n].detach().reshape(-1) for n in self._shapes]) for held in named])
        rest = [_untrained(model, anatomy.trained) for model in models]
        alike = {n for n, t in rest[0].items() if n not in anatomy.changed and _all_equal([r[n] for r in rest])}
        self.shared = {n: rest[0][n] for n in alike}
        self.own = {n: torch.stack([r[n] for r in rest]) for n in rest[0] if n not in alike}
        device = self.weights.device
        self.varied = {site: torch.tensor(v, dtype=torch.float32, device=device) for site, v in group.varied.items()}
        self.leaves = self._views()

    def __len__(self) -> int:
        return len(self.weights)

    def _views(self) -> dict[str, Tensor]:
        sizes = [shape.numel() for shape in self._shapes.values()]
        parts = self.weights.split(sizes, 1)
        shaped = zip(self._shapes.items(), parts, strict=True)
        return {n: part.view(len(self), *shape).requires_grad_() for (n, shape), part in shaped}

    def gradients(self, losses: Tensor, into: Tensor) -> None:
        """The gradient of each trial's loss.

        Args:
            losses: shape (K,), each of one trial's parameters alone.
            into: shape (K, P).

        Raises:
            Refused: a parameter that gets a gradient alone gets none here.
        """
        found = torch.autograd.grad(losses.sum(), list(self.leaves.values()), allow_unused=True)
        without = [name for name, g in zip(self.leaves, found, strict=True) if g is None]
        if without:
            raise Refused(f"{without[0]} gets no gradient where trials are stacked: the module uses its own copy of it")
        torch.cat([g.reshape(len(self), -1) for g in found], 1, out=into)

    def keep(self, kept: Tensor) -> None:
        """Let go of all other trials.

        Args:
            kept: int64, rows, on the CPU.
        """
        on_device = kept.to(self.weights.device)
        self.weights = self.weights.index_select(0, on_device)
        self.own = {n: t.index_select(0, on_device) for n, t in self.own.items()}
        self.varied = {site: v.index_select(0, on_device) for site, v in self.varied.items()}
        self.leaves = self._views()

    def state(self, row: int) -> dict[str, Tensor]:
        """Parameters and buffers of one trial, by name; copies."""
        stacked = self.leaves | self.own
        return {n: t[row].detach().clone() for n, t in stacked.items()} | {n: t.clone() for n, t in self.shared.items()}


class Refused(Exception):  # noqa: N818  # a reason, not a failure: trials go one after another then
    """Trials cannot be stacked; its text is the reason."""


def numbered(base: nn.Module, sites: Sequence[Site]) -> Callable[[Sequence[object]], None]:
    """What sets numbers of modules.

    Args:
        base: the model.
        sites: which.
    """
    modules = [(base.get_submodule(name), attribute) for name, attribute in sites]

    def put(values: Sequence[object]) -> None:
        for (module, attribute), value in zip(modules, values, strict=True):
            setattr(module, attribute, value)

    return put


def tensor_attributes(model: nn.Module) -> dict[Site, int]:
    """Tensors that modules hold beside parameters and buffers, by their identity."""
    held = ((name, vars(module).items()) for name, module in model.named_modules())
    return {(name, k): id(v) for name, pairs in held for k, v in pairs if isinstance(v, Tensor)}


def refuse_changes(before: dict[Site, int], after: dict[Site, int]) -> None:
    """A tensor that a forward leaves in a module is one of all trials, which nobody knows of.

    Raises:
        Refused: there is one.
    """
    for (name, attribute), identity in after.items():
        if before.get((name, attribute)) != identity:
            place = f"{name}.{attribute}" if name else attribute
            raise Refused(f"the forward keeps a tensor in {place}, which is neither parameter nor buffer")


def _untrained(model: nn.Module, trained: frozenset[str]) -> dict[str, Tensor]:
    frozen = {n: p.detach() for n, p in model.named_parameters() if n not in trained}
    return frozen | dict(model.named_buffers())


def _all_equal(tensors: Sequence[Tensor]) -> bool:
    return all(torch.equal(tensors[0], t) for t in tensors[1:])
