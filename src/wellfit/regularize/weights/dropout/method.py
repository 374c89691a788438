"""One knob for all dropout of a finished model."""

import warnings
from dataclasses import dataclass

from torch import nn

from wellfit.regularize.method import NoEffectWarning, fraction
from wellfit.regularize.weights.dropout.places import Place, before_batch_norm, holder_of, is_idle, unseen_rates

_SHOWN = 3
"""Rates that are named in a note: every layer of a model has the same."""


@dataclass(frozen=True, slots=True)
class DropoutSet:
    """What `set_dropout` did.

    Args:
        p: the rate that all places have now.
        places: modules that were set, with their rates before.
        notes: what it could not see, and what stands in an unlucky place.
    """

    p: float
    places: tuple[Place, ...]
    notes: tuple[str, ...]

    def __str__(self) -> str:
        width = max((len(place.name) for place in self.places), default=0)
        lines = [f"{p.name.ljust(width)}  {p.kind}  {p.before:g} -> {self.p:g}" for p in self.places]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])


def set_dropout(model: nn.Module, p: float) -> DropoutSet:
    """Set the rate of everything in a model that is known to drop out.

    Known are torch's Dropout modules and their subclasses, `MultiheadAttention` and the recurrent nets; with them
    torch's Transformer layers. A call of `F.dropout` in somebody's forward cannot be seen from outside: numbers on
    other modules that look like its rate are told in `notes` and left alone.

    Args:
        model: any module; changed in place, in training and evaluation mode alike.
        p: the rate, in [0, 1]; at 1 nothing gets through.

    Returns:
        What was set, for `print`.

    Raises:
        ValueError: if p lies outside [0, 1].

    Warns:
        NoEffectWarning: there is no such module, or none that acts.

    Example:
        >>> from torch import nn
        >>> print(set_dropout(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)), 0.1))
        1  Dropout  0.5 -> 0.1
    """
    fraction("p", p)
    places, acting = [], 0
    for name, module in model.named_modules():
        attribute = holder_of(module)
        if attribute:
            places.append(Place(name, type(module).__name__, float(getattr(module, attribute))))
            acting += not is_idle(module)
            _set(module, attribute, p)
    if not acting:
        warnings.warn(_nothing(model, places), NoEffectWarning, stacklevel=2)
    return DropoutSet(float(p), tuple(places), tuple(_notes(model)))


def _set(module: nn.Module, attribute: str, p: float) -> None:
    """A recurrent net with one layer would warn of a rate above 0 when it is copied or printed by others."""
    setattr(module, attribute, 0.0 if is_idle(module) else float(p))


def _nothing(model: nn.Module, places: list[Place]) -> str:
    has = "only recurrent nets of one layer, which never drop out" if places else "no module that drops out"
    return f"dropout has no effect: {type(model).__name__} has {has}"


def _notes(model: nn.Module) -> list[str]:
    notes = [
        f"{name} stands before a BatchNorm, which then sees another variance in evaluation: put it after the last"
        for name in before_batch_norm(model)
    ]
    unseen = list(unseen_rates(model))
    if unseen:
        more = len(unseen) - _SHOWN
        shown = ", ".join(unseen[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        notes.append(f"left alone, as what reads them cannot be seen: {shown}")
    idle = [name for name, module in model.named_modules() if is_idle(module)]
    notes += [f"{name or 'the model'} has one layer and drops nothing: put a Dropout behind it" for name in idle]
    return notes
