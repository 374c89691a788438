"""What a method's card says: values to start from, what it costs, what it gets along with, and who says so."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """One method, for its page and for a search space.

    Args:
        name: of the method, as its folder is called.
        family: vision, text, graph, weights, labels or training.
        title: one line on what it does.
        parameter: name of the argument that `strength` scales, with its unit.
        full: its value at strength 1; at strength 0 nothing happens.
        suggested: values to start from, in words.
        costs: what it takes, measured or counted.
        interacts: with what, and how.
        sources: author, year, title or link; each one read.
    """

    name: str
    family: str
    title: str
    parameter: str
    full: float
    suggested: str
    costs: str
    interacts: tuple[str, ...]
    sources: tuple[str, ...]
