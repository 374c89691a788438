"""The explicit tuple of all rules: one import line and one tuple line each."""

from wellfit.model.rule import Rule
from wellfit.rules.loss.softmax_before_cross_entropy.rule import softmax_before_cross_entropy

RULES: tuple[Rule, ...] = (
    softmax_before_cross_entropy,
)
"""In the order of their ids."""
