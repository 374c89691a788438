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

    Known are torch's Dropout modules and their subclasses, `MultiheadAttention` and recurrent nets; with them
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
        NoEffectWarning: there is no such module; a recurrent net of one layer drops nothing and is none.

    Example:
        >>> from torch import nn
        >>> print(set_dropout(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.5)), 0.1))
        1  Dropout  0.5 -> 0.1
    """
    fraction("p", p)
    places = []
    for name, module in model.named_modules():
        attribute = holder_of(module)
        if attribute and not is_idle(module):
            places.append(Place(name, type(module).__name__, float(getattr(module, attribute))))
            setattr(module, attribute, float(p))
    if not places:
        text = f"dropout has no effect: {type(model).__name__} has no module that drops out"
        warnings.warn(text, NoEffectWarning, stacklevel=2)
    return DropoutSet(float(p), tuple(places), tuple(_notes(model)))


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
