"""What a click command takes, read from the command itself; typer's commands are of the same form.

Neither package is imported here: a program that parses by one of them has done that.
"""

from collections.abc import Iterator
from enum import Enum
from typing import Any

from wellfit.model.option import DeclaredOption
from wellfit.record.plain import cut, plain

_CONVERSIONS = {
    "integer": "int",
    "integer range": "int",
    "float range": "float",
    "boolean": "bool",
    "text": "str",
    "choice": "str",
}
"""Names of click's types for what Python calls otherwise."""


def options_taken(command: Any, context: Any) -> Iterator[DeclaredOption]:
    """Its options and arguments, without those that only say something, such as its help.

    Args:
        command: a `click.Command`.
        context: the `click.Context` that it parses in.
    """
    behind = _command_path(context)
    for parameter in command.params:
        if parameter.expose_value:
            yield _declared(parameter, context, behind)


def defaults_of(command: Any, context: Any) -> dict[str, Any]:
    """What stands under each name where nobody gives it."""
    return {parameter.name: _default(parameter, context) for parameter in command.params}


def _command_path(context: Any) -> str:
    """Names of the sub-commands from the outermost inwards."""
    names: list[str] = []
    while context is not None and context.parent is not None:
        names.insert(0, str(context.info_name))
        context = context.parent
    return " ".join(names)


def _declared(parameter: Any, context: Any, command: str) -> DeclaredOption:
    positional = parameter.param_type_name == "argument"
    counts, switch = bool(getattr(parameter, "count", False)), bool(getattr(parameter, "is_flag", False))
    takes = "0" if counts or switch else {-1: "*"}.get(parameter.nargs, str(parameter.nargs))
    return DeclaredOption(
        name=str(parameter.name),
        flags=() if positional else tuple(parameter.opts),
        negations=() if positional else tuple(parameter.secondary_opts),
        type=_conversion(parameter),
        takes=takes,
        sets=plain(_set_by_flag(parameter)) if switch else None,
        default=plain(_default(parameter, context)),
        choices=_choices(parameter),
        help=cut(str(getattr(parameter, "help", None) or "")),
        positional=positional,
        required=bool(parameter.required),
        repeats=counts or bool(parameter.multiple),
        command=command,
        source="click",
    )


def _default(parameter: Any, context: Any) -> Any:
    """Its default; what a function of the script's would make is not known, for that is not called."""
    default = parameter.get_default(context, call=False)
    if _is_unset(default):
        return False if getattr(parameter, "is_bool_flag", False) else None
    return None if callable(default) and not isinstance(default, type) else default


def _set_by_flag(parameter: Any) -> Any:
    value = getattr(parameter, "flag_value", True)
    return True if value is None or _is_unset(value) else value


def _is_unset(value: Any) -> bool:
    """Whether it is click's own mark for nothing, which has no public name."""
    return isinstance(value, Enum) and "click" in type(value).__module__.split(".")


def _conversion(parameter: Any) -> str:
    name = getattr(getattr(parameter, "type", None), "name", None)
    if name is not None:
        return _CONVERSIONS.get(name, str(name))
    annotation = _annotation(parameter)
    return annotation.__name__ if isinstance(annotation, type) else "str"


def _choices(parameter: Any) -> tuple[Any, ...]:
    choices = getattr(getattr(parameter, "type", None), "choices", None)
    annotation = _annotation(parameter)
    if choices is None and isinstance(annotation, type) and issubclass(annotation, Enum):
        choices = list(annotation)
    return tuple(map(plain, choices or ()))


def _annotation(parameter: Any) -> Any:
    """Of the function's argument, where typer has kept it; of a list that of its items."""
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    items = getattr(annotation, "__args__", ())
    return items[0] if items else annotation
