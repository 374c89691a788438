"""Finds the metrics in a printed line: `val_loss=0.31`, `train loss 0.5 | val acc 91.2%`, `{'eval_loss': 0.4}`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wellfit.record.metric_words import (
    COPULAS,
    LEVELS,
    LINKS,
    STOPS,
    UNITS,
    is_counter,
    is_metric,
    is_of_clock_or_version,
)
from wellfit.record.tokens import Token, tokens_of

LONGEST_LINE = 4000
"""Characters of a line that are read; what is longer is a dump of data."""

MOST_A_LINE = 64
"""Values that are read of one line."""

MOST_WORDS = 4
"""Of a name."""

MOST_WORDS_LINKED = 6
"""Of a name with what the metric is of."""

_QUOTES = frozenset("\"'")
_SIGNS = frozenset("=:")
_ARTICLES = frozenset({"the", "a", "an"})


@dataclass(frozen=True, slots=True)
class _Found:
    """A number with a name before it.

    Args:
        name: its words, joined by `_`.
        number: as it stands; a fraction is `junk`.
        sign: `=` or `:` between the two; empty where there is only a gap.
        tight: nothing stands between the sign and the two.
        percent: it is a percentage.
    """

    name: str
    number: Token
    sign: str
    tight: bool = False
    percent: bool = False

    @property
    def is_known(self) -> bool:
        return is_metric(self.name)


def values_in(line: str) -> Iterator[tuple[str, float]]:
    """Names and numbers of a line; times, versions, shapes, dates and counts are none. Percentages stay as printed.

    Args:
        line: without its end.

    Example:
        >>> list(values_in("epoch=3 val loss 0.31, acc: 93.5 % took 00:12:30"))
        [('epoch', 3.0), ('val_loss', 0.31), ('acc', 93.5)]
    """
    yield from ((name, token.value) for name, token in named_numbers(line))


def named_numbers(line: str) -> Iterator[tuple[str, Token]]:
    """The same with the numbers as they stand.

    What is found hangs on the words, the marks and the form of the numbers, never on their digits.
    """
    if len(line) > LONGEST_LINE:
        return
    tokens = tokens_of(line)
    found = [one for at, token in enumerate(tokens) if token.is_valued and (one := _found(tokens, at))]
    tells = any(one.is_known for one in found) or _says_where(tokens)
    yield from ((one.name, one.number) for one in found[:MOST_A_LINE] if _is_taken(one, tells))


def _is_taken(found: _Found, tells: bool) -> bool:  # noqa: FBT001 - what the line says besides
    """Whether a number is a metric, or says where the training stands.

    Who writes a sign means a value, unless it is a whole number in the form of a port, a device or a count. Where only
    a gap stands before a number, the words have to say that it is a metric, or the rest of the line that it tells of a
    training.
    """
    if is_of_clock_or_version(found.name):
        return False
    if found.number.kind == "junk":
        return found.is_known and found.name.rpartition("_")[2] not in LINKS
    whole = found.number.is_whole and not found.percent
    if not found.sign:
        return is_metric(found.name.rpartition("_")[2]) if whole else found.is_known or tells
    if found.is_known or not whole or found.sign == "=":
        return True
    counts = "," in found.number.text or found.tight
    return not counts and (tells or is_counter(found.name))


def _says_where(tokens: Sequence[Token]) -> bool:
    """Whether an epoch or a step is told."""
    for at, token in enumerate(tokens):
        if token.kind == "word" and is_counter(token.text.rstrip(".")):
            behind = (later for later in tokens[at + 1 : at + 5] if later.kind not in {"gap", "mark"})
            if next(behind, token).kind in {"number", "junk"}:
                return True
    return False


def _found(tokens: Sequence[Token], at: int) -> _Found | None:
    """The number at a place with its name; None where it has none, or where it is measured in something."""
    percent = _is_percent(tokens, at)
    if not percent and _is_measured(tokens, at + 1):
        return None
    before = at - 1
    if before >= 0 and tokens[before].text in _QUOTES:
        before -= 1
    tight = before == at - 1
    before = _without_gap(tokens, before)
    if before < 0:
        return None
    sign = tokens[before].text if tokens[before].text in _SIGNS else ""
    if sign:
        tight = tight and before == at - 1
        before = _without_gap(tokens, before - 1)
    elif before == at - 1:
        return None  # `(0.5`, `-0.5`, `[0.5`
    name = _name(tokens, before, sign)
    if not name or (not sign and is_counter(name)):
        return None
    return _Found(name, tokens[at], sign, tight, percent)


def _is_percent(tokens: Sequence[Token], at: int) -> bool:
    behind = [token.text for token in tokens[at + 1 : at + 3]]
    return behind[:1] == ["%"] or behind == [" ", "%"]


def _is_measured(tokens: Sequence[Token], at: int) -> bool:
    """Whether a number is followed by a unit, by how many there are in all, or by what it has become."""
    if at < len(tokens) and tokens[at].text in _QUOTES:
        return False
    if at < len(tokens) and tokens[at].kind == "gap":
        at += 1
    behind = [token.text for token in tokens[at : at + 3]]
    if not behind:
        return False
    if behind[0].lower() in UNITS:
        return not _names_next(tokens, at)
    return behind[0].lower() in {"of", "/", "x", "\xd7", "→", "~"} or "".join(behind).startswith(("->", "-->", "to "))


def _names_next(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word has a number of its own: in `a=1.5 s=2.5` the `s` is no second."""
    behind = [token for token in tokens[at + 1 : at + 3] if token.kind != "gap"]
    return bool(behind) and (behind[0].text in _SIGNS or behind[0].kind == "number")


def _without_gap(tokens: Sequence[Token], at: int) -> int:
    return at - 1 if at >= 0 and tokens[at].kind == "gap" else at


def _name(tokens: Sequence[Token], at: int, sign: str) -> str:
    """The name that ends at a place."""
    if at >= 0 and tokens[at].text in _QUOTES:
        return _quoted(tokens, at)
    if at >= 0 and tokens[at].text == ")":
        return _qualified(tokens, at)
    words = _words(tokens, at, signed=bool(sign))
    copula = bool(words) and words[-1].lower() in COPULAS
    if copula:
        words = words[:-1] or _words(tokens, _without_gap(tokens, at - 1))
    if not any(map(is_metric, words)):
        linked = _linked(tokens, at)
        return linked or ("" if copula else _joined(words, sign))
    return _joined(words, sign)


def _joined(words: Sequence[str], sign: str) -> str:
    """With `=` a name is one word, as in code, but for the words before a metric's."""
    alone = words and (is_counter(words[-1]) or (sign == "=" and not is_metric(words[-1])))
    return "_".join(words[-1:] if alone else words)


def _words(tokens: Sequence[Token], at: int, *, signed: bool = False) -> list[str]:
    """Words that end at a place, one blank apart, up to one that no name goes beyond.

    Before a sign stands a name, whatever it is.
    """
    words: list[str] = []
    while at >= 0 and tokens[at].kind == "word" and len(words) < MOST_WORDS:
        text = tokens[at].text
        if _ends_name(text, first=not words) and not (signed and not words):
            break
        words.insert(0, text)
        if at < 1 or tokens[at - 1].text != " ":
            break
        at -= 2
    return words


def _ends_name(word: str, *, first: bool) -> bool:
    """Whether no name goes beyond a word, leftwards.

    Args:
        word: as it stands.
        first: it stands right before the number.
    """
    small = word.lower()
    foreign = "." in word and not is_metric(word)  # a dtype, a file
    return word in LEVELS or small in STOPS or (not first and (small in LINKS or foreign))


def _linked(tokens: Sequence[Token], at: int) -> str:
    """A metric with what it is of, from the metric's word on."""
    words: list[str] = []
    while at >= 0 and (tokens[at].kind in {"word", "gap", "number"} or tokens[at].text == ":"):
        token = tokens[at]
        if token.kind == "word":
            words.insert(0, token.text)
            if is_metric(token.text):
                following = words[1].lower() if len(words) > 1 else ""
                before = _words(tokens, _without_gap(tokens, at - 1)) if at else []
                kept = [word for word in words if word.lower() not in _ARTICLES | COPULAS - LINKS]
                return "_".join([*before, *kept][:MOST_WORDS_LINKED]) if following in LINKS else ""
        elif token.kind == "number" and not token.is_whole:
            return ""
        at -= 1
    return ""


def _quoted(tokens: Sequence[Token], at: int) -> str:
    """What stands between quotes, as a key of a dictionary does."""
    quote, begin = tokens[at].text, at - 1
    while begin >= 0 and tokens[begin].text != quote:
        begin -= 1
    inside = tokens[begin + 1 : at]
    named = bool(inside) and all(token.kind in {"word", "gap"} for token in inside)
    if begin < 0 or not named or len(inside) > 2 * MOST_WORDS:
        return ""
    return "_".join(token.text for token in inside if token.kind != "gap")


def _qualified(tokens: Sequence[Token], at: int) -> str:
    """`Loss (train)` is the train loss, and a unit in brackets tells that it is none."""
    begin = at - 1
    while begin >= 0 and tokens[begin].text != "(":
        begin -= 1
    inside = [token for token in tokens[begin + 1 : at] if token.kind != "gap"]
    if begin < 0 or not inside or any(token.text.lower() in UNITS for token in inside):
        return ""
    words = _words(tokens, _without_gap(tokens, begin - 1))
    if not words or not all(token.kind == "word" or token.text == "%" for token in inside):
        return ""
    return "_".join([*words, *(token.text for token in inside if token.kind == "word")])
