"""Where the learning rate of an optimizer usually lies, for those who have none yet."""

from dataclasses import dataclass

from wellfit.recipes.choose import ADAMS

UVA = "UvA deep learning guides: SGD from 0.1, Adam from 1e-3, transformers from 1e-4 to 1e-5, deeper ones lower"

ATTENTIVE = ("vit", "encoder", "decoder", "seq2seq", "dit")
"""Families of transformers."""


@dataclass(frozen=True, slots=True)
class UsualRate:
    """A range of learning rates.

    Args:
        optimizers: names of classes in torch.optim.
        families: of models; empty for all that no other range names.
        low: the lowest that is usual.
        start: what most begin with.
        high: the highest that is usual.
        source: who says so.
    """

    optimizers: tuple[str, ...]
    families: tuple[str, ...]
    low: float
    start: float
    high: float
    source: str = UVA

    def holds(self, lr: float) -> bool:
        """Whether a rate lies in the range."""
        return self.low <= lr <= self.high


USUAL_RATES = (
    UsualRate(ADAMS, ATTENTIVE, 1e-6, 1e-4, 3e-3),
    UsualRate(ADAMS, (), 1e-5, 1e-3, 1e-2),
    UsualRate(("SGD",), ("rnn",), 1e-3, 0.1, 30.0, "salesforce/awd-lstm-lm:main.py takes 30"),
    UsualRate(("SGD",), (), 1e-3, 0.1, 1.0),
)
"""The first that fits counts."""


def usual_rate(optimizer: str, family: str) -> UsualRate | None:
    """The range for an optimizer and a family of models; None where nothing is usual.

    Args:
        optimizer: name of its class.
        family: as it was detected.
    """
    fitting = (u for u in USUAL_RATES if optimizer in u.optimizers and (not u.families or family in u.families))
    return next(fitting, None)
