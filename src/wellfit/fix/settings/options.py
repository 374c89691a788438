"""Where an option of the script is defined, and its default: argparse, click, typer, absl, fields of dataclasses."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import libcst as cst

from wellfit.fix.arguments import add_argument
from wellfit.fix.draft import RefusedError
from wellfit.fix.program import Program, dotted
from wellfit.fix.settings.literals import in_place_of, is_literal, spelled
from wellfit.model.change import Change
from wellfit.model.knob import Value


@dataclass(frozen=True, slots=True)
class Defined:
    """One option.

    Args:
        program: file that defines it.
        words: by which it is typed: `--lr`, `-l`.
        name: under which the program reads it.
        default: its default; None where none is written.
        call: that defines it, to which a default can be added; None where there is none.
    """

    program: Program
    words: tuple[str, ...]
    name: str
    default: cst.BaseExpression | None
    call: cst.Call | None


def option_typed(programs: Iterable[Program], words: Iterable[str]) -> Defined:
    """The option that is typed by one of these words.

    Raises:
        RefusedError: no option is, or several are.
    """
    wanted = tuple(words)
    found = [one for program in programs for one in _defined(program) if set(wanted).intersection(one.words)]
    return _only(found, wanted[0])


def option_named(programs: Iterable[Program], name: str) -> Defined | None:
    """The option that the program reads under a name; None where there is none.

    Raises:
        RefusedError: there are several.
    """
    found = [one for program in programs for one in _defined(program) if one.name == name]
    return _only(found, name) if found else None


def refuse_given(option: Defined, words: Iterable[str]) -> None:
    """A default is not in force where the command line gives a value.

    Args:
        option: whose.
        words: of the command.

    Raises:
        RefusedError: it does.
    """
    given = next((word for word in words if word.partition("=")[0] in option.words), None)
    if given is not None:
        raise RefusedError(f"the command line gives {given}")


def _only(found: list[Defined], what: str) -> Defined:
    parsers = [one for one in found if one.call is not None] or found
    if len(parsers) != 1:
        raise RefusedError(f"{what} is defined at {len(parsers)} places" if parsers else f"no {what} is defined")
    return parsers[0]


def default_change(option: Defined, value: Value) -> Change:
    """Exchange the default of an option.

    Args:
        option: whose.
        value: that becomes it.

    Raises:
        RefusedError: the default is no value that stands there.
    """
    program, default = option.program, option.default
    if default is None:
        if option.call is None:
            raise RefusedError(f"{option.words[0]} has no default")
        return add_argument(program, option.call, f"default={spelled(value)}")
    bound = [v for _, v in program.assignments(default)] if isinstance(default, (cst.Name, cst.Attribute)) else []
    node = bound[0] if len(bound) == 1 else default
    if not is_literal(node):
        raise RefusedError(f"its default is not written as a value but as `{program.source(default)}`")
    return program.replaced(node, in_place_of(node, value))


def _defined(program: Program) -> Iterator[Defined]:
    for call in program.within(program.module, cst.Call):
        yield from _by_call(program, call)
    for function in program.within(program.module, cst.FunctionDef):
        yield from _by_parameters(program, function)
    for owner in program.within(program.module, cst.ClassDef):
        if any(_last(decorator.decorator) == "dataclass" for decorator in owner.decorators):
            yield from _by_fields(program, owner)


def _last(node: cst.CSTNode) -> str | None:
    chain = dotted(node.func if isinstance(node, cst.Call) else node)
    return chain.rpartition(".")[2] if chain else None


def _by_call(program: Program, call: cst.Call) -> Iterator[Defined]:
    """`parser.add_argument("--lr", default=...)`, `click.option(...)` alike, and `flags.DEFINE_float("lr", ...)`."""
    kind = _last(call.func) or ""
    texts = _texts(call)
    if kind.startswith("DEFINE_") and texts:  # of absl: name, default, help
        default = _keyword(call, "default") or (call.args[1].value if len(call.args) > 1 else None)
        yield Defined(program, (f"--{texts[0]}", f"-{texts[0]}"), texts[0], default, None)
    if kind not in {"add_argument", "add_option", "option"}:
        return
    words = tuple(part for text in texts for part in text.split("/") if part.startswith("-"))
    if not words:
        return
    plain = next((text for text in texts if text.isidentifier()), None)  # click's name of the parameter
    long = next((word for word in words if word.startswith("--")), words[0])
    dest = _keyword(call, "dest")
    named = str(dest.evaluated_value) if isinstance(dest, cst.SimpleString) else plain
    yield Defined(program, words, named or long.lstrip("-").replace("-", "_"), _keyword(call, "default"), call)


def _texts(call: cst.Call) -> list[str]:
    """The strings that it is handed without a name."""
    values = [arg.value for arg in call.args if arg.keyword is None]
    return [str(value.evaluated_value) for value in values if isinstance(value, cst.SimpleString)]


def _is_default(arg: cst.Arg) -> bool:
    """Whether an argument of `typer.Option` is its default, and none of the words by which it is typed."""
    word = isinstance(arg.value, cst.SimpleString) and str(arg.value.evaluated_value).startswith("-")
    return arg.keyword is None and not word


def _keyword(call: cst.Call, name: str) -> cst.BaseExpression | None:
    return next((arg.value for arg in call.args if arg.keyword and arg.keyword.value == name), None)


def _by_parameters(program: Program, function: cst.FunctionDef) -> Iterator[Defined]:
    """Parameters of a command of typer: plain ones, `= typer.Option(0.1)` and `Annotated[float, typer.Option()]`."""
    if not _is_command(program, function):
        return
    for parameter in (*function.params.params, *function.params.kwonly_params):
        made = [call for call in program.within(parameter, cst.Call) if _is_typer_option(program, call)]
        words = tuple(text for call in made for text in _texts(call) if text.startswith("-"))
        name = parameter.name.value
        default = parameter.default
        if made and default is made[0]:
            default = _keyword(made[0], "default") or next(
                (arg.value for arg in made[0].args if _is_default(arg)), None
            )
        yield Defined(program, words or (f"--{name.replace('_', '-')}",), name, default, None)


def _is_typer_option(program: Program, call: cst.Call) -> bool:
    return program.imported_name(call.func) in {"typer.Option", "typer.params.Option"}


def _is_command(program: Program, function: cst.FunctionDef) -> bool:
    """Whether typer runs a function: by a decorator of an app, or by `typer.run`."""
    if any(_last(one.decorator) in {"command", "callback"} for one in function.decorators):
        calls = program.within(program.module, cst.Call)
        return any(program.imported_name(call.func) == "typer.Typer" for call in calls)
    runs = [c for c in program.within(program.module, cst.Call) if program.imported_name(c.func) == "typer.run"]
    return any(_last(arg.value) == function.name.value for call in runs for arg in call.args)


def _by_fields(program: Program, owner: cst.ClassDef) -> Iterator[Defined]:
    """`lr: float = 0.1` and `lr: float = field(default=0.1)` of a dataclass."""
    for statement in program.within(owner, cst.AnnAssign):
        if isinstance(statement.target, cst.Name) and program.around(statement, cst.ClassDef) is owner:
            name, value = statement.target.value, statement.value
            default = _keyword(value, "default") if isinstance(value, cst.Call) else value
            words = (f"--{name}", f"--{name.replace('_', '-')}")
            yield Defined(program, tuple(dict.fromkeys(words)), name, default, None)
