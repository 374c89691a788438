"""The scales of the input's features, and the first losses beside those of a constant answer."""

import math
from dataclasses import replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.nn import Embedding, EmbeddingBag, GroupNorm, LayerNorm, LocalResponseNorm, Module
from torch.nn.modules.batchnorm import _NormBase

from wellfit.model.events.data import InputsMeasured, LossCompared
from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.moments import Backward, Forward, LossCall, ModuleCall
from wellfit.observe.probe import Probe
from wellfit.observe.watch import Watch

MOST_ROWS = 4096
"""Rows of a batch that the scales are taken from."""

MIN_ROWS = 8
"""Rows below which a batch says nothing about its features."""

MOST_LOOKS = 10
"""Sampled steps in which inputs and losses are measured: the scales of the data do not change later."""

MOST_ROOTS = 8
"""Roots whose inputs are measured."""

_NORMALIZERS: tuple[type, ...] = tuple(
    kind for kind in (_NormBase, GroupNorm, LayerNorm, LocalResponseNorm, getattr(torch.nn, "RMSNorm", None)) if kind
)
_LOOKUPS = (Embedding, EmbeddingBag)


class InputScalesProbe(Probe):
    """Writes `InputsMeasured` and `LossCompared`."""

    emits = (InputsMeasured, LossCompared)

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._looks: dict[tuple[int, Place | None], int] = {}
        self._losses: dict[tuple[str, Place | None], int] = {}
        self._waiting: InputsMeasured | None = None
        self._called_at: Place | None = None

    def on_forward(self, forward: Forward) -> None:
        """Measure the first input that is a table or an image; its first layer is not known yet."""
        self._waiting = None
        if not forward.grad or not forward.root.has_parameters or not self.watch.may_compute():
            return
        self._called_at = forward.place
        given = next((a for a in (*forward.args, *forward.kwargs.values()) if _is_measurable(a)), None)
        key = (forward.root.index, forward.place)
        if given is None or (key not in self._looks and len(self._looks) >= MOST_ROOTS):
            return
        self._looks[key] = self._looks.get(key, 0) + 1
        if self._looks[key] <= MOST_LOOKS:
            smallest, largest = _scales(given)
            self._waiting = InputsMeasured(
                step=self.watch.clock.step,
                root=forward.root.kind,
                place=forward.place,
                first_layer="",
                normalizes=False,
                shape=tuple(given.shape),
                features=given.shape[_feature_dim(given)],
                smallest_scale=smallest,
                largest_scale=largest,
            )

    def on_module_call(self, call: ModuleCall) -> None:
        """The first module that does something to the values tells whether their scale matters."""
        if self._waiting is not None and _acts(call.module):
            kind = type(call.module)
            self._emit_waiting(kind.__name__, normalizes=issubclass(kind, (*_NORMALIZERS, *_LOOKUPS)))

    def on_loss_call(self, call: LossCall) -> None:
        """Compare the loss with that of a constant answer."""
        if self._waiting is not None:
            self._emit_waiting("", normalizes=False)
        if not call.grad or not self.watch.may_compute():
            return
        key = (call.function, call.place)
        self._losses[key] = self._losses.get(key, 0) + 1
        if self._losses[key] > MOST_LOOKS or len(self._losses) > MOST_ROOTS:
            return
        compared = _compare(call)
        if compared is not None:
            loss, constant, zero = compared
            self.watch.emit(LossCompared(self.watch.clock.step, call.function, call.place, loss, constant, zero))

    def on_backward(self, backward: Backward) -> None:
        """The same for binary_cross_entropy_with_logits, whose node keeps what it was given."""
        key = ("binary_cross_entropy_with_logits", self._called_at)
        if self._losses.get(key, 0) >= MOST_LOOKS or not self.watch.may_compute():
            return
        for position in backward.graph.positions("BinaryCrossEntropyWithLogitsBackward0"):
            node = backward.graph.nodes[position]
            given, target = adapter.saved(node, "self"), adapter.saved(node, "target")
            if given is not None and target is not None and given.numel():
                self._losses[key] = self._losses.get(key, 0) + 1
                self.watch.emit(LossCompared(self.watch.clock.step, *key, *_compare_logits(given, target)))
                return

    def _emit_waiting(self, layer: str, *, normalizes: bool) -> None:
        measured, self._waiting = self._waiting, None
        if measured is not None:
            self.watch.emit(replace(measured, first_layer=layer, normalizes=normalizes))


def _is_measurable(value: object) -> bool:
    return (
        issubclass(type(value), Tensor)
        and isinstance(value, Tensor)
        and value.is_floating_point()
        and value.layout is torch.strided
        and value.device.type != "meta"
        and value.dim() in (2, 3, 4)
        and value.shape[0] >= MIN_ROWS
        and value.numel() > 0
    )


def _acts(module: Module) -> bool:
    return bool(module._parameters) or issubclass(type(module), _NORMALIZERS)


def _feature_dim(given: Tensor) -> int:
    """Columns of a table, the last dimension of sequences, channels of images."""
    return 2 if given.dim() == 3 else 1  # noqa: PLR2004 - samples, times, features


def _scales(given: Tensor) -> tuple[float, float]:
    """Smallest and largest root mean square of the features that vary."""
    dim = _feature_dim(given)
    values = given.detach()[:MOST_ROWS].to("cpu", torch.float32).numpy()
    rows = np.nan_to_num(np.moveaxis(values, dim, -1).reshape(-1, given.shape[dim]))
    varies = rows.max(axis=0) > rows.min(axis=0)
    scales = np.sqrt(np.square(rows, dtype=np.float64).mean(axis=0))[varies]
    return (float(scales.min()), float(scales.max())) if len(scales) else (0.0, 0.0)


def _compare(call: LossCall) -> tuple[float, float, float] | None:
    with torch.no_grad():
        given, target = call.input.detach(), call.target.detach()
        if call.function == "cross_entropy" and not target.is_floating_point():
            return _compare_classes(given, target, int(call.options.get("ignore_index", -100)))
        if call.function == "mse_loss" and given.shape == target.shape and target.numel() > 1:
            wanted = target.float()
            numbers = (given.float() - wanted).square().mean(), wanted.var(unbiased=False), wanted.square().mean()
            loss, constant, zero = torch.stack(numbers).tolist()
            return loss, constant, zero
    return None


def _compare_logits(given: Tensor, target: Tensor) -> tuple[float, float, float]:
    with torch.no_grad():
        wanted = target.detach().float()
        loss = F.binary_cross_entropy_with_logits(given.detach().float(), wanted)
        value, share = torch.stack([loss, wanted.mean()]).tolist()
    within = 0 < share < 1
    best = -share * math.log(share) - (1 - share) * math.log(1 - share) if within else 0.0
    return value, best, math.log(2)


def _compare_classes(given: Tensor, target: Tensor, ignored: int) -> tuple[float, float, float] | None:
    if given.dim() != target.dim() + 1 or given.dim() < 2:  # noqa: PLR2004 - samples by classes
        return None
    classes = given.shape[1]
    loss = F.cross_entropy(given.float(), target, ignore_index=ignored)
    counted = torch.bincount(target[target != ignored], minlength=classes).float()
    shares = counted / counted.sum().clamp_min(1)
    constant = -(shares * shares.clamp_min(1e-12).log()).sum()
    value, best = torch.stack([loss, constant]).tolist()
    return value, best, math.log(classes)
