"""What rich draws into a text for a terminal."""

from collections.abc import Mapping
from io import StringIO

from rich.console import Console

WIDEST = 120
"""Columns beyond which lines are too long to read."""


def wants_color(*, is_terminal: bool, environment: Mapping[str, str]) -> bool:
    """Whether to colour: NO_COLOR forbids it, FORCE_COLOR asks for it, else only a real terminal gets it."""
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return is_terminal and environment.get("TERM") != "dumb"


def console_into(out: StringIO, *, width: int, narrowest: int, color: bool) -> Console:
    """A console that takes the user's words as they are: no markup, no highlights, no emoji.

    Args:
        out: what it writes to.
        width: columns of the terminal.
        narrowest: columns that it takes at least.
        color: use ANSI colours; without them the text is plain.
    """
    return Console(
        file=out,
        width=min(max(width, narrowest), WIDEST),
        force_terminal=color,
        color_system="standard" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
