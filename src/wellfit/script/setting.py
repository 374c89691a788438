"""Sets an option of a script on its command line, and refuses what the script would refuse."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any

from wellfit.errors import UsageError
from wellfit.model.option import COMMAND, DeclaredOption

_NUMBERS = {"int": int, "float": float}


def find_option(declared: Sequence[DeclaredOption], name: str, arguments: Sequence[str] = ()) -> DeclaredOption:
    """The option of a name.

    Args:
        declared: what the script takes.
        name: `lr`, `--lr` or `-l`; `weight-decay` is `weight_decay`.
        arguments: of the script; they say which sub-commands are in use.

    Raises:
        UsageError: there is none, and the text names the nearest one.
    """
    chosen = _command(declared, arguments)
    within = [option for option in declared if _holds(option.command, chosen)]
    for option in reversed(within):  # the innermost sub-command's own first
        if name in option.given_by or _plain(name) == _plain(option.name):
            return option
    for option in reversed(within):
        if _plain(name) in map(_plain, option.given_by):
            return option
    known = list(dict.fromkeys(option.name for option in within))
    close = difflib.get_close_matches(_plain(name), known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"it takes {', '.join(known) or 'none'}"
    raise UsageError(f"the script has no option {name} ({hint})")


def set_option(
    arguments: Sequence[str], option: DeclaredOption, value: Any, among: Sequence[DeclaredOption]
) -> list[str]:
    """The script's arguments with an option set; where it was given before, the later one counts.

    Args:
        arguments: of the script, without the program before them.
        option: one of its own.
        value: a number, string or boolean; a list for an option that takes several.
        among: all that the script takes.

    Raises:
        UsageError: the option cannot be set so; the text says why.

    Example:
        >>> lr = DeclaredOption("lr", ("--lr",), type="float")
        >>> set_option(["data"], lr, 0.01, [lr])
        ['data', '--lr', '0.01']
    """
    words = list(_words(option, value))
    if option.repeats and any(word.partition("=")[0] in option.flags for word in arguments):
        raise UsageError(f"{option.flags[0]} is given already, and giving it again adds to it")
    at = _place(arguments, option, among)
    return [*arguments[:at], *words, *arguments[at:]]


def _words(option: DeclaredOption, value: Any) -> Iterator[str]:
    if option.positional:
        raise UsageError(f"{option.name} is given by its place on the command line, and cannot be set by name")
    if option.takes == "0":
        yield from _switch(option, value)
        return
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    texts = [_text(option, one) for one in values]
    _check_count(option, texts)
    flag = max(option.flags, key=lambda flag: (flag.startswith("--"), -len(flag)))
    if option.repeats:
        for text in texts:
            yield from _given(flag, [text])
    else:
        yield from _given(flag, texts)


def _given(flag: str, texts: Sequence[str]) -> Sequence[str]:
    """A value that begins with a dash would be taken for a flag."""
    if len(texts) == 1 and texts[0].startswith("-") and flag.startswith("--"):
        return [f"{flag}={texts[0]}"]
    return [flag, *texts]


def _switch(option: DeclaredOption, value: Any) -> Iterator[str]:
    if value is False and option.negations:
        yield option.negations[0]
    elif option.flags and option.repeats and type(value) is int and value >= 0:  # it counts
        yield from [option.flags[0]] * value
    elif option.flags and type(value) is type(option.sets) and value == option.sets:
        yield option.flags[0]
    elif value != option.default:
        settings = [*([option.sets] if option.flags else []), *([False] if option.negations else [])]
        raise UsageError(
            f"{option.given_by[0]} takes no value: it sets {option.name} to {_listed(settings)}, got {value}"
        )


def _text(option: DeclaredOption, value: Any) -> str:
    text = str(value)
    convert = _NUMBERS.get(option.type)
    if convert is not None:
        try:
            convert(text)
        except ValueError:
            raise UsageError(f"{option.flags[0]} takes {option.type}, got {text}") from None
    if option.choices and text not in map(str, option.choices):
        close = difflib.get_close_matches(text, [str(choice) for choice in option.choices], n=1)
        hint = f" (did you mean {close[0]}?)" if close else ""
        raise UsageError(f"{option.flags[0]} must be {_listed(option.choices)}, got {text}{hint}")
    return text


def _check_count(option: DeclaredOption, texts: Sequence[str]) -> None:
    if option.repeats or option.takes == "*":
        return
    fits = {"?": len(texts) == 1, "+": bool(texts)}.get(option.takes, str(len(texts)) == option.takes)
    if not fits:
        takes = {"?": "1 value", "+": "at least 1 value", "1": "1 value"}.get(option.takes, f"{option.takes} values")
        raise UsageError(f"{option.flags[0]} takes {takes}, got {len(texts)}")


def _listed(values: Sequence[Any]) -> str:
    return " or ".join(str(value) for value in values)


def _plain(name: str) -> str:
    return name.lstrip("-").replace("-", "_")


def _holds(command: str, chosen: Sequence[str]) -> bool:
    names = command.split()
    return list(chosen[: len(names)]) == names


def _command(declared: Sequence[DeclaredOption], arguments: Sequence[str]) -> list[str]:
    return [arguments[at] for at in _command_places(declared, arguments)]


def _command_places(declared: Sequence[DeclaredOption], arguments: Sequence[str]) -> list[int]:
    """Where the names of sub-commands stand, from the outermost inwards."""
    places: list[int] = []
    chosen: list[str] = []
    at = 0
    while at < len(arguments) and arguments[at] != "--":
        here = [option for option in declared if _holds(option.command, chosen)]
        if arguments[at].startswith("-"):
            at += 1 + _values_after(arguments, at, here)
            continue
        if arguments[at] in _next_commands(declared, chosen):
            places.append(at)
            chosen.append(arguments[at])
        at += 1
    return places


def _next_commands(declared: Sequence[DeclaredOption], chosen: Sequence[str]) -> set[str]:
    deeper = (option.command.split() for option in declared if _holds(" ".join(chosen), option.command.split()))
    named = {names[len(chosen)] for names in deeper if len(names) > len(chosen)}
    here = (option for option in declared if option.type == COMMAND and option.command.split() == list(chosen))
    return named | {str(name) for option in here for name in option.choices}


def _values_after(arguments: Sequence[str], at: int, declared: Sequence[DeclaredOption]) -> int:
    """How many words after a flag are its values."""
    flag, sign, _ = arguments[at].partition("=")
    option = next((option for option in declared if flag in option.flags), None)
    if option is None or sign:
        return 0
    if option.takes.isdigit():
        return int(option.takes)
    bare = 0
    while at + 1 + bare < len(arguments) and not arguments[at + 1 + bare].startswith("-"):
        bare += 1
    return min(bare, 1) if option.takes == "?" else bare


def _place(arguments: Sequence[str], option: DeclaredOption, declared: Sequence[DeclaredOption]) -> int:
    """Behind all that is given to its own parser, and before the name of the next sub-command."""
    places = _command_places(declared, arguments)
    depth = len(option.command.split())
    if len(places) > depth:
        return places[depth]
    return list(arguments).index("--") if "--" in arguments else len(arguments)
