"""A printed line as words, numbers and marks."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d[\d_]*)(?:\.\d*)?(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?"
_END = r"(?![\w:/\xd7@]|,\d|\.\w|[-\u2013][\w.])"

_SCALAR = re.compile(
    rf"""(?x)
    (?:\b(?:torch\.)?tensor|\b(?:np\.|numpy\.)?(?:array|float\d+|int\d+))
    \(\s*\[*(?P<number>[-+]?(?:{_NUMBER}|nan|inf))\]*\s*
    (?:,\s*\w+=(?:[^(),]|\([^()]*\))*)*\)
    """
)
"""What Python shows of a number of torch's or numpy's."""

_CALL = re.compile(r"\b[A-Za-z_][\w.]*\((?=[^()]*(?<![\w.])[A-Za-z_]\w*=)(?:[^()]|\([^()]*\))*\)?")
"""What Python shows of an object by its arguments: `Dropout(p=0.5)`, `Namespace(lr=0.1)`; no metrics lie within."""

WORD = r"[^\W\d](?:[\w./@^'-]*[\w^])?"
"""A word holds digits, too: `top-1`, `Acc@5`, `train/f1`."""

_TOKEN = re.compile(
    rf"""(?x)
    (?P<number>(?:(?<![\w.)\]])[-+])?(?:{_NUMBER}){_END}|(?<!\w)[-+]?(?i:nan|inf|infinity)\b(?![\w=:(]))
    | (?P<junk>\d[\w.,:/@\xd7+-]*)
    | (?P<word>{WORD})
    | (?P<gap>\s+)
    | (?P<mark>.)
    """
)


_OF = re.compile(r"(\d{1,15})/(\d{1,15})")


class Token(NamedTuple):
    """Part of a line.

    Args:
        kind: `number`, `junk` (a date, a version, a fraction, a shape), `word`, `gap` (white space) or `mark`.
        text: as it stands.
    """

    kind: str
    text: str

    @property
    def is_valued(self) -> bool:
        """Whether it is a number, or so many of so many."""
        return self.kind == "number" or (self.kind == "junk" and _OF.fullmatch(self.text) is not None)

    @property
    def value(self) -> float:
        """Of what is valued; so many of so many are a part of 1."""
        part = _OF.fullmatch(self.text)
        if part:
            return int(part[1]) / max(int(part[2]), 1)
        return float(self.text.replace(",", "").replace("_", ""))

    @property
    def is_whole(self) -> bool:
        """Whether a number is written without a fraction, so that it may count something."""
        return self.text.lstrip("+-").replace(",", "").replace("_", "").isdigit()


def tokens_of(line: str) -> list[Token]:
    """The line in its parts; scalars of torch and numpy as the numbers that they are.

    Example:
        >>> [token.text for token in tokens_of("loss: tensor(0.31, grad_fn=<NllLossBackward0>)")]
        ['loss', ':', ' ', '0.31']
    """
    if "(" in line:
        line = _CALL.sub(" ; ", _SCALAR.sub(r"\g<number>", line))
    return list(_split(line))


def _split(line: str) -> Iterator[Token]:
    for match in _TOKEN.finditer(line):
        yield Token(match.lastgroup or "mark", match[0])
