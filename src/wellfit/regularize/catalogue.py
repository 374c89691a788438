"""The explicit tuple of all methods on inputs: one import line and one tuple line each."""

from wellfit.regularize.method import Method
from wellfit.regularize.vision.horizontal_flip.method import HorizontalFlip

METHODS: tuple[type[Method], ...] = (HorizontalFlip,)
"""In the order of their families: vision, text, graph, labels, training."""
