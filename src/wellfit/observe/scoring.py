"""Whether what a forward pass returns is held against a target, seen operation by operation."""

import weakref
from collections.abc import Iterator
from typing import Any

from torch import Tensor
from torch.nn import Module

from wellfit.observe import adapter
from wellfit.observe.calls import first_tensor, tensors
from wellfit.observe.moments import Forward, Operation

_LOSSES = frozenset(
    {
        "binary_cross_entropy",
        "binary_cross_entropy_with_logits",
        "cross_entropy",
        "ctc_loss",
        "gaussian_nll_loss",
        "huber_loss",
        "kl_div",
        "l1_loss",
        "mse_loss",
        "multi_margin_loss",
        "multilabel_soft_margin_loss",
        "nll_loss",
        "poisson_nll_loss",
        "smooth_l1_loss",
        "soft_margin_loss",
    }
)
_COMPARISONS = frozenset({"eq", "ne"})
_DIFFERENCES = frozenset({"sub", "rsub", "subtract"})
_READINGS = frozenset({"argmax", "topk", "sort", "argsort", "numpy", "tolist", "item", "cpu", "sigmoid", "softmax"})
_INSIDE_LOSSES = frozenset({"cross_entropy", "nll_loss"})
"""Losses that a model may compute itself when it is handed labels; others also serve inside of models."""

READING = "reading"
"""Outputs that are read while the data come from elsewhere: enough, but a comparison says more."""

MOST_OPERATIONS = 20_000
"""Operations of one forward pass that are followed."""


class Scoring:
    """Follows what derives from the inputs of one forward pass.

    Args:
        elsewhere: the inputs come from a data set that is not trained on, so that reading the outputs is enough.
    """

    def __init__(self, forward: Forward, *, elsewhere: bool) -> None:
        self.against: str | None = None
        self._module = weakref.ref(forward.module)
        self._elsewhere = elsewhere
        self._inputs: dict[int, weakref.ref[Tensor]] = {}
        self._derived: dict[int, weakref.ref[Tensor]] = {}
        self._seen = 0
        given = first_tensor(forward.args, forward.kwargs)
        self._rows = 0 if given is None else len(given)
        _remember(self._inputs, _tensors(forward.args, forward.kwargs))

    def listen(self, operation: Operation) -> None:
        """One more operation."""
        self._seen += 1
        if self.against not in (None, READING) or self._seen > MOST_OPERATIONS:
            return
        given = list(_tensors(operation.args, operation.kwargs))
        if not any(_knows(self._inputs, t) or _knows(self._derived, t) for t in given):
            return
        self.against = self._judge(operation.name.strip("_"), given) or self.against
        changed = given[:1] if operation.name == "__setitem__" else _tensors((operation.result,), {})
        _remember(self._derived, changed)

    def _judge(self, name: str, given: list[Tensor]) -> str | None:
        """What the operation holds the outputs against, or None."""
        outputs = [t for t in given if _knows(self._derived, t)]
        if not outputs:
            return None
        foreign = [t for t in given if not _knows(self._derived, t)]
        if name in _LOSSES and foreign and given[0] is outputs[0]:
            return name if name in _INSIDE_LOSSES or not self._inside() else None
        strange = [t for t in foreign if not _knows(self._inputs, t) and _fits(t, outputs[0])]
        if name in _COMPARISONS and strange and not outputs[0].is_floating_point():
            return "labels"
        if name in _DIFFERENCES and strange and self._is_row_by_row(outputs[0]) and not self._inside():
            return "residual"
        if self._elsewhere and name in _READINGS and not self._inside():
            return READING
        return None

    def _is_row_by_row(self, output: Tensor) -> bool:
        """Whether there is one output a row: differences of batch statistics compare distributions, as for a GAN."""
        return output.is_floating_point() and output.dim() > 0 and output.shape[0] == self._rows

    def _inside(self) -> bool:
        return adapter.forward_is_running(self._module())


def _fits(one: Tensor, other: Tensor) -> bool:
    """Two tensors of the same rows: as many elements, up to dimensions of size one."""
    return one.numel() == other.numel() and [n for n in one.shape if n > 1] == [n for n in other.shape if n > 1]


def _remember(known: dict[int, "weakref.ref[Tensor]"], tensors: Any) -> None:
    for tensor in tensors:
        known[id(tensor)] = weakref.ref(tensor)


def _knows(known: dict[int, "weakref.ref[Tensor]"], tensor: Tensor) -> bool:
    reference = known.get(id(tensor))
    return reference is not None and reference() is tensor


def modes_may_be_on(module: Module) -> bool:
    """Whether no layer below is one whose evaluation has a fast path that looks at torch's modes."""
    return not any(issubclass(type(m), adapter.FAST_PATH_MODULES) and not m.training for m in module.modules())


def _tensors(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Iterator[Tensor]:
    return (tensor for _, tensor in tensors(args, kwargs))
