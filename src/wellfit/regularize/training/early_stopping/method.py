"""Stops a training whose metric no longer gets better, and keeps the weights of the best evaluation."""

import math
import warnings
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

Mode = Literal["min", "max"]


class NonFiniteMetricWarning(UserWarning):
    """A metric is no finite number; it counts as no improvement."""


class EarlyStopping:
    """Counts evaluations without improvement. A plain object: call `step` after each evaluation.

    Whether a metric is to fall or to rise cannot be known from its values: an accuracy under mode "min" looks like a
    loss that grows. Then the first evaluation stays the best, and `summary` says so.

    Args:
        patience: so many evaluations without improvement, one after the other, stop; at least 0, which is as 1.
        mode: min for losses and errors, max for accuracies and scores.
        min_delta: what counts as an improvement must exceed this, at least 0.
        restore_best: keep a copy of the best weights on the CPU, and load it when stopping.

    Raises:
        ValueError: patience or min_delta below 0 or no number, or an unknown mode.

    Example:
        >>> stopping = EarlyStopping(patience=2, restore_best=False)
        >>> [stopping.step(loss) for loss in (0.9, 0.5, 0.6, 0.7)]
        [False, False, False, True]
        >>> stopping.best, stopping.best_step
        (0.5, 1)
    """

    def __init__(
        self, patience: int = 10, *, mode: Mode = "min", min_delta: float = 0.0, restore_best: bool = True
    ) -> None:
        if not isinstance(patience, int) or isinstance(patience, bool) or patience < 0:
            raise ValueError(f"patience must be a whole number >= 0, got {patience!r}")
        if not 0 <= min_delta < math.inf:
            raise ValueError(f"min_delta must be >= 0 and finite, got {min_delta}")
        if mode not in get_args(Mode):
            raise ValueError(f"mode must be min or max, got {mode!r}")
        self.patience, self.mode, self.min_delta, self.restore_best = patience, mode, min_delta, restore_best
        self.best: float | None = None
        self.best_step: int | None = None
        self.last: float | None = None
        self.steps = 0
        self._weights: dict[str, Any] | None = None

    @property
    def waited(self) -> int:
        """Evaluations since the best one."""
        return self.steps - 1 - self.best_step if self.best_step is not None else self.steps

    @property
    def stopped(self) -> bool:
        """Whether patience is used up."""
        return self.waited >= max(self.patience, 1)

    def step(self, metric: float | Tensor, model: nn.Module | None = None) -> bool:
        """Take an evaluation into account.

        Args:
            metric: one number. NaN and infinities count as no improvement, which is warned of.
            model: whose weights are kept; needed with restore_best.

        Returns:
            True to stop; with restore_best the model has its best weights then.

        Raises:
            ValueError: with restore_best and without a model, or a metric of several numbers.
        """
        if self.restore_best and model is None:
            raise ValueError("model must be given with restore_best, got None")
        value = _number(metric)
        if self._improves(value):
            self.best, self.best_step = value, self.steps
            self._weights = _copied(model) if self.restore_best and model is not None else None
        self.last = value
        self.steps += 1
        if self.stopped and self._weights is not None and model is not None:
            self.restore(model)
        return self.stopped

    def _improves(self, value: float) -> bool:
        if not math.isfinite(value):
            text = f"metric must be finite, got {value}: it counts as no improvement"
            warnings.warn(text, NonFiniteMetricWarning, stacklevel=3)
            return False
        if self.best is None:
            return True
        gain = self.best - value if self.mode == "min" else value - self.best
        return gain > self.min_delta

    def restore(self, model: nn.Module) -> None:
        """Load the best weights; also for a training that ended before it was stopped.

        Args:
            model: as it was handed to `step`.

        Raises:
            RuntimeError: if no weights were kept: restore_best is False, or no metric was finite.
        """
        if self._weights is None:
            raise RuntimeError("no weights were kept: restore_best is False, or no metric was finite")
        model.load_state_dict(self._weights)

    def summary(self) -> str:
        """The best evaluation beside the last one."""
        if self.best is None or self.last is None:
            return f"no finite metric in {self.steps} evaluations"
        text = f"best {self.best:.6g} at evaluation {self.best_step}, last {self.last:.6g} at {self.steps - 1}"
        if self.best_step == 0 and self.stopped:
            wrong = f"the first was the best: nothing was learned, or mode {self.mode!r} is the wrong way round"
            return f"{text}; {wrong}"
        return text

    def state_dict(self) -> dict[str, Any]:
        """The counts and the best weights, for `torch.save`."""
        counts = {"best": self.best, "best_step": self.best_step, "last": self.last, "steps": self.steps}
        return {**counts, "weights": self._weights}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from there; patience, mode and the others stay as they were made.

        Args:
            state: of `state_dict`.
        """
        self.best, self.best_step = state["best"], state["best_step"]
        self.last, self.steps = state["last"], state["steps"]
        self._weights = state["weights"]


def _number(metric: float | Tensor) -> float:
    if isinstance(metric, Tensor) and metric.numel() != 1:
        raise ValueError(f"metric must be one number, got a tensor of shape {tuple(metric.shape)}")
    return float(metric)


def _copied(model: nn.Module) -> dict[str, Any]:
    """On the CPU, where there is room."""
    return {k: _copy(v) for k, v in model.state_dict().items()}


def _copy(value: Any) -> Any:
    return value.detach().to("cpu", copy=True) if isinstance(value, torch.Tensor) else value
