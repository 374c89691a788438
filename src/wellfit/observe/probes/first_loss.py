"""The first loss of a trial run, before any step, and what theory says of it."""

import math
from typing import Any

import numpy as np
from torch import Tensor

from wellfit.model.events.deep import FirstLoss
from wellfit.model.place import Place
from wellfit.observe import adapter
from wellfit.observe.graph import only_moves, producers
from wellfit.observe.moments import Backward, LossCall
from wellfit.observe.probe import Probe
from wellfit.observe.scores import BINARY_LOSSES, CLASS_LOSSES, REGRESSION_LOSSES, score_call
from wellfit.observe.watch import Watch

MOST_TARGETS = 1 << 18
"""Targets that are read."""


class FirstLossProbe(Probe):
    """Writes `FirstLoss` when the run ends."""

    emits = (FirstLoss,)
    always = frozenset({"loss_call", "backward"})

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self._seen: dict[str, Any] | None = None
        self._lines: set[tuple[str, Place | None]] = set()

    def on_loss_call(self, call: LossCall) -> None:
        """Read the first one; count the lines of the others before the first step."""
        if not call.grad or self.watch.clock.step:
            return
        self._lines.add((call.function, call.place))
        if self._seen is None and self.watch.may_compute():
            self._seen = _read(call)

    def on_backward(self, _: Backward) -> None:
        """From the first step on there is nothing more to hear."""
        if self.watch.clock.step:
            self.always = frozenset()
            self.watch.listen_again()

    def end(self) -> None:
        """Write it, now that it is known how many optimizers there are."""
        if self._seen is not None:
            loaded = bool(self.watch.roots.loaded)
            stepped = self.watch.optimizers.stepped
            self.watch.emit(FirstLoss(**self._seen, loaded=loaded, lines=len(self._lines), optimizers=stepped))


def _read(call: LossCall) -> dict[str, Any] | None:
    score = score_call(call.function, call.input, call.target, call.options, positions=False)
    if score is None or not score.rows or not call.target.numel():
        return None
    theory = _theory(call)
    if theory is None:
        return None
    answers = call.input.detach().float()
    return {
        "function": call.function,
        "place": call.place,
        "answers": score.rows,
        "loss": score.loss / score.rows,
        "answers_mean": float(answers.mean()),
        "made_by": _made_by(call.input),
        **theory,
    }


def _theory(call: LossCall) -> dict[str, Any] | None:
    targets = _numbers(call.target)
    if call.function in CLASS_LOSSES:
        return _of_classes(call, targets)
    spread = {"targets_mean": float(targets.mean()), "targets_std": float(targets.std())}
    if call.function in BINARY_LOSSES:
        share = float(np.clip((targets.mean() + 1) / 2 if targets.min() < 0 else targets.mean(), 0, 1))
        floor = float(np.mean(_entropy_of_share(np.clip(targets, 0, 1))))
        prior = float(_entropy_of_share(np.asarray(share)))
        return {"uniform": math.log(2), "prior": prior, "floor": floor, "classes": None, **spread}
    if call.function in REGRESSION_LOSSES:
        return {"uniform": None, "prior": float(targets.var()), "floor": 0.0, "classes": None, **spread}
    return None


def _of_classes(call: LossCall, targets: "np.ndarray[Any, Any]") -> dict[str, Any] | None:
    if call.input.dim() < 2:  # noqa: PLR2004 - rows of classes
        return None
    classes = int(call.input.shape[1])
    if call.target.is_floating_point():
        shares = np.moveaxis(targets.reshape(call.target.shape), 1, -1).reshape(-1, classes)
        floor = float(np.mean(_entropy(shares)))
        prior = float(_entropy(shares.mean(axis=0)))
    else:
        ignored = call.options.get("ignore_index", -100)
        kept = targets[(targets != ignored) & (targets >= 0) & (targets < classes)].astype(np.int64)
        if not len(kept):
            return None
        counts = np.bincount(kept, minlength=classes)
        floor, prior = _smoothed(call.options, classes), float(_entropy(counts / counts.sum()))
    return {
        "uniform": math.log(classes),
        "prior": prior,
        "floor": floor,
        "classes": classes,
        "targets_mean": 0.0,
        "targets_std": 0.0,
    }


def _smoothed(options: dict[str, Any], classes: int) -> float:
    """The proper loss, against the hard labels, of the answers that a smoothed loss is least for."""
    smoothing = float(options.get("label_smoothing") or 0.0)
    return abs(math.log(1 - smoothing + smoothing / classes))


def _entropy(shares: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    logs = np.log(np.clip(shares, 1e-12, None))
    return np.asarray(-(shares * logs).sum(axis=-1))


def _entropy_of_share(share: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    return _entropy(np.stack([share, 1 - share], axis=-1))


def _numbers(target: Tensor) -> "np.ndarray[Any, Any]":
    """The first targets on the host, one after the other."""
    rows = target.detach()
    if rows.dim() and rows.numel() > MOST_TARGETS:
        rows = rows[: max(1, MOST_TARGETS * len(rows) // rows.numel())]
    numbers: np.ndarray[Any, Any] = rows.double().cpu().numpy()
    return numbers.reshape(-1)


def _made_by(answers: Tensor) -> str | None:
    """Which operation the answers came out of; "linear" for all layers that compute sums of products."""
    if answers.grad_fn is None:
        return None
    made_by = next(iter(producers(answers.grad_fn, only_moves)), None)
    if made_by is None:
        return None
    name = str(made_by.name())
    return "linear" if name in adapter.LINEAR_NODES else adapter.ACTIVATION_NODES.get(name, name)
