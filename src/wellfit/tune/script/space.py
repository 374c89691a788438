"""Ranges as people type them, and what is left of the words as the script's own arguments."""

import math
import re
from collections.abc import Sequence

from wellfit.errors import raise_all
from wellfit.model.knob import Knob, Value

_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_RANGE = re.compile(rf"(?P<kind>(?:log:|int:)*)(?P<low>{_NUMBER})?\.\.(?P<high>{_NUMBER})?", re.IGNORECASE)
_CHOICE = "choice:"
_FORMS = "write LOW..HIGH, log:LOW..HIGH, int:LOW..HIGH or choice:A,B,C"


def split_words(words: Sequence[str]) -> tuple[tuple[str, ...], tuple[Knob, ...]]:
    """Tell the words of the script's command from its ranges.

    Args:
        words: `train.py --epochs 5 --lr log:1e-5..1 optimizer.eps=log:1e-9..1e-7`; behind `--` all are the script's.

    Returns:
        The words without ranges, and a knob for each range. A knob of a `--name` has that as its word for now.

    Raises:
        UsageError: a range that holds nothing, or two of one name.
    """
    kept: list[str] = []
    knobs: list[Knob] = []
    mistakes: list[str] = []
    left = list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            kept += left
            break
        name, equals, text = word.partition("=")
        if not equals and word.startswith("-") and left and is_range(left[0]):
            name, text = word, left.pop(0)
        elif not (equals and is_range(text)):
            kept.append(word)
            continue
        head = name if name.startswith("-") else f"{name}="
        try:
            knobs.append(parse_range(name.lstrip("-"), head, text))
        except ValueError as error:
            mistakes.append(f"{name} {text}: {error}")
    names = [knob.key for knob in knobs]
    mistakes += [f"{name} has two ranges" for name in sorted({n for n in names if names.count(n) > 1})]
    mistakes += [f"{knob.word} has a range and a value" for knob in knobs if _is_given(knob, kept)]
    raise_all(mistakes)
    return tuple(kept), tuple(knobs)


def _is_given(knob: Knob, kept: Sequence[str]) -> bool:
    head = knob.word.removesuffix("=")
    return any(word == head or word.startswith(f"{head}=") for word in kept)


def is_range(text: str) -> bool:
    """Whether a word is meant as a range or as choices; a path such as `../data` is not.

    Example:
        >>> is_range("log:1e-5..1"), is_range("0..0.6"), is_range("../data"), is_range("choice:a,b")
        (True, True, False, True)
    """
    return text.startswith(_CHOICE) or _RANGE.fullmatch(text) is not None


def parse_range(name: str, word: str, text: str) -> Knob:
    """The knob of one range.

    Args:
        name: without dashes.
        word: see `Knob`.
        text: for which `is_range` holds.

    Raises:
        ValueError: it holds nothing; the text says why.
    """
    if text.startswith(_CHOICE):
        return Knob(name, word, choices=_choices(text.removeprefix(_CHOICE)))
    match = _RANGE.fullmatch(text)
    if match is None or match["low"] is None or match["high"] is None:
        raise ValueError(f"a range has two ends: {_FORMS}")
    low, high = float(match["low"]), float(match["high"])
    log, integer = "log:" in match["kind"].lower(), "int:" in match["kind"].lower()
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError("its ends must be finite")
    if low == high:
        raise ValueError("it holds one value: leave the range away and give that")
    if low > high:
        raise ValueError(f"its ends are the wrong way round: write {match['high']}..{match['low']}")
    if log and low <= 0:
        raise ValueError(f"a range of logarithms begins above 0, and this one begins at {match['low']}")
    if integer and not (low.is_integer() and high.is_integer()):
        raise ValueError("its ends must be whole numbers")
    return Knob(name, word, low, high, log=log, integer=integer)


def _choices(text: str) -> tuple[Value, ...]:
    words = [word.strip() for word in text.split(",")]
    if len(set(words)) < 2 or len(set(words)) < len(words) or not all(words):  # noqa: PLR2004 - one is no choice
        raise ValueError("name two different choices at least, with commas between them")
    return tuple(_typed(word) for word in words)


def _typed(word: str) -> Value:
    """A number where it is one: as the script would print it back."""
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
