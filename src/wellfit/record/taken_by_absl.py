"""What the flags of absl take, read from the flags themselves; absl is not imported here."""

import sys
from collections.abc import Iterator
from typing import Any

from wellfit.model.option import DeclaredOption
from wellfit.record.plain import cut, plain
from wellfit.script.installed import is_installed

_CONVERSIONS = {"string": "str", "enum": "str", "multi int": "int", "multi float": "float", "multi string": "str"}
"""Names of absl's types for what Python calls otherwise."""


def options_taken(flags: Any) -> Iterator[DeclaredOption]:
    """The flags that modules of the user's own define.

    Args:
        flags: an `absl.flags.FlagValues`.
    """
    for flag in _own(flags):
        yield DeclaredOption(
            name=str(flag.name),
            flags=(f"--{flag.name}", *([f"-{flag.short_name}"] if flag.short_name else [])),
            negations=(f"--no{flag.name}",) if flag.boolean else (),
            type=_CONVERSIONS.get(flag.flag_type(), str(flag.flag_type())),
            takes="0" if flag.boolean else "1",
            sets=True if flag.boolean else None,
            default=plain(flag.default),
            choices=tuple(map(plain, getattr(flag.parser, "enum_values", None) or ())),
            help=cut(str(flag.help or "")),
            repeats=flag.flag_type().startswith("multi"),
            source="absl",
        )


def defaults_of(flags: Any) -> dict[str, Any]:
    """What stands under each name where nobody gives it."""
    return {flag.name: flag.default for flag in _own(flags)}


def _own(flags: Any) -> Iterator[Any]:
    """Without those of installed packages, absl's own among them; the program itself goes by its file."""
    for name, defined in flags.flags_by_module_dict().items():
        module = sys.modules.get(name)
        if module is None or not is_installed(module):
            yield from defined
