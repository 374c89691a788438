"""The cards of all methods: those on inputs, and those that are functions or plain objects."""

from wellfit.regularize.card import Card
from wellfit.regularize.catalogue import METHODS
from wellfit.regularize.training.early_stopping.card import CARD as EARLY_STOPPING
from wellfit.regularize.training.gradient_clipping.card import CARD as GRADIENT_CLIPPING
from wellfit.regularize.weights.averaging.card import CARD as AVERAGING
from wellfit.regularize.weights.dropout.card import CARD as DROPOUT
from wellfit.regularize.weights.weight_decay.card import CARD as WEIGHT_DECAY

CARDS: tuple[Card, ...] = (
    *(method.card for method in METHODS),
    WEIGHT_DECAY,
    DROPOUT,
    AVERAGING,
    GRADIENT_CLIPPING,
    EARLY_STOPPING,
)
