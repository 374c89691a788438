"""Writes what the parsers of a dry child take."""

import json
from pathlib import Path

from wellfit.model.plain import values
from wellfit.record.options import Parsed
from wellfit.record.quietly import quietly
from wellfit.runs.atomic import write_whole
from wellfit.runs.secrets import mask_declared
from wellfit.script.parsers import Parse

_PARSED = Parsed()
"""Of this process."""


def note(parse: Parse, file: str) -> None:
    """Write what this parser and those before it take.

    Args:
        parse: a call of it.
        file: absolute; replaced in whole.
    """
    quietly(_note, parse, Path(file))


def _note(parse: Parse, file: Path) -> None:
    _PARSED.note(parse)
    write_whole(file, json.dumps([mask_declared(option) for option in _PARSED.declared], default=values))
