"""Weight decay as a time: how many epochs the weights remember."""

import math
import warnings


class TimescaleWarning(UserWarning):
    """A weight decay that forgets within an epoch, or hardly acts in the whole run."""


def weight_decay_from_timescale(
    epochs: float, lr: float, steps_per_epoch: int, *, run_epochs: float | None = None
) -> float:
    """The weight decay with which AdamW's weights remember so many epochs.

    `weight_decay = 1 / (lr * epochs * steps_per_epoch)`. AdamW multiplies the weights by 1 - lr * weight_decay in each
    step, so they are a moving average of its updates over 1 / (lr * weight_decay) steps. The best such time, counted in
    epochs, hardly moves with the size of model and data; the best weight decay does. It holds for decoupled decay
    (AdamW, Lion, Muon) at the peak rate, and for plain SGD; with momentum m the rate is lr / (1 - m).

    Args:
        epochs: the timescale, above 0; from about 1 to the length of the run.
        lr: peak learning rate, above 0.
        steps_per_epoch: optimizer steps, at least 1.
        run_epochs: length of the run, to warn of a timescale beyond it.

    Returns:
        Above 0.

    Raises:
        ValueError: if an argument is not above 0.

    Example:
        >>> round(weight_decay_from_timescale(16, lr=1e-3, steps_per_epoch=1251), 3)  # DeiT has 0.05
        0.05

    Source:
        Wang and Aitchison 2024, How to set AdamW's weight decay as you scale model and dataset size, arXiv:2405.13698.
    """
    _check(epochs=epochs, lr=lr, steps_per_epoch=steps_per_epoch)
    _judge(epochs, run_epochs)
    return 1 / (lr * epochs * steps_per_epoch)


def timescale_from_weight_decay(
    weight_decay: float, lr: float, steps_per_epoch: int, *, run_epochs: float | None = None
) -> float:
    """How many epochs the weights remember: `1 / (lr * weight_decay * steps_per_epoch)`.

    Args:
        weight_decay: at least 0.
        lr: peak learning rate, above 0.
        steps_per_epoch: optimizer steps, at least 1.
        run_epochs: length of the run, to warn of a timescale beyond it.

    Returns:
        Epochs; infinity for a weight decay of 0.

    Raises:
        ValueError: if weight_decay is below 0, or another argument is not above 0.

    Example:
        >>> timescale_from_weight_decay(0.1, lr=1e-3, steps_per_epoch=1000)
        10.0
    """
    if weight_decay == 0:
        return math.inf
    _check(weight_decay=weight_decay, lr=lr, steps_per_epoch=steps_per_epoch)
    epochs = 1 / (lr * weight_decay * steps_per_epoch)
    _judge(epochs, run_epochs)
    return epochs


def _check(**values: float) -> None:
    wrong = [
        f"{name} must be > 0 and finite, got {value}" for name, value in values.items() if not 0 < value < math.inf
    ]
    if wrong:
        raise ValueError("; ".join(wrong))


def _judge(epochs: float, run_epochs: float | None) -> None:
    if epochs < 1:
        _warn(f"a timescale of {epochs:.3g} epochs forgets samples before it sees them again; from 1 epoch upwards")
    elif run_epochs is not None and epochs > run_epochs:
        _warn(f"a timescale of {epochs:.3g} epochs is longer than the run of {run_epochs:g}: it hardly acts")


def _warn(text: str) -> None:
    warnings.warn(text, TimescaleWarning, stacklevel=4)
