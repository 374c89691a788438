"""What a script's command line takes, as its parser declares it: enough to set an option and to refuse a wrong one."""

from dataclasses import dataclass

Plain = str | float | bool | None
"""What JSON holds of a value."""

COMMAND = "command"
"""Type of a positional that names a sub-command."""


@dataclass(frozen=True, slots=True)
class DeclaredOption:
    """One option or argument of a script.

    Args:
        name: of its value, as in `Option`: argparse's destination, click's parameter.
        flags: what it is given by: `--lr`, `-l`; empty for a positional, and where it is only ever switched off.
        negations: flags that set it to False, and take no value: `--no-amp`.
        type: what its text is converted by: `float`, `int`, `str`, `bool`, the name of the script's own function, or
            `COMMAND`.
        takes: words after the flag: `0`, `1`, `2` ..., `?` none or one, `*` any number, `+` one or more.
        sets: what a flag without a value sets it to; None where it takes one.
        default: what stands where nobody gives it; None also where that is not known.
        choices: the only values; empty where any will do.
        help: as the script says it, cut at 200 characters.
        positional: given by its place, without a flag.
        required: the script refuses to start without it.
        repeats: giving it again adds to it, in place of setting it anew.
        command: sub-commands that it stands behind, separated by spaces; empty for the script itself.
        source: `argparse`, `click` or `absl`.
    """

    name: str
    flags: tuple[str, ...] = ()
    negations: tuple[str, ...] = ()
    type: str = "str"
    takes: str = "1"
    sets: Plain = None
    default: Plain = None
    choices: tuple[Plain, ...] = ()
    help: str = ""
    positional: bool = False
    required: bool = False
    repeats: bool = False
    command: str = ""
    source: str = ""

    @property
    def given_by(self) -> tuple[str, ...]:
        """All of its flags."""
        return (*self.flags, *self.negations)
