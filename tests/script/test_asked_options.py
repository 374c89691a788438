"""What a script takes, asked of a child that ends where it has parsed, and set on its command line."""

import subprocess
import sys
from pathlib import Path

import pytest

from wellfit.errors import UsageError
from wellfit.model.option import DeclaredOption
from wellfit.script.asking import ask_options
from wellfit.script.command import resolve
from wellfit.script.setting import find_option, set_option

ARGPARSE = """
import argparse

shared = argparse.ArgumentParser(add_help=False)
shared.add_argument("--seed", type=int, default=0)
parser = argparse.ArgumentParser(parents=[shared])
parser.add_argument("data")
parser.add_argument("--lr", "-l", type=float, default="0.1", help="step size")
parser.add_argument("--amp", action=argparse.BooleanOptionalAction, default=True)
parser.add_argument("--no-aug", dest="aug", action="store_false")
parser.add_argument("--betas", nargs=2, type=float, default=[0.9, 0.999])
parser.add_argument("--layers", nargs="+", type=int)
parser.add_argument("--opt", choices=["adam", "sgd"], default="adam")
parser.add_argument("--tag", action="append")
parser.add_argument("-v", "--verbose", action="count", default=0)
parser.add_argument("--api-key", default="abcdef0123456789abcdef")
parser.add_argument("--version", action="version", version="1")
print(vars(parser.parse_args()))
open("went_on", "w").close()
"""


def write(folder: Path, text: str) -> Path:
    script = folder / "train.py"
    script.write_text(text)
    return script


def asked(folder: Path, text: str, *arguments: str) -> dict[str, DeclaredOption]:
    command = resolve([str(write(folder, text)), *arguments])
    return {option.name: option for option in ask_options(command, folder=folder)}


def test_argparse_tells_all_of_its_options(tmp_path: Path):
    options = asked(tmp_path, ARGPARSE, "here")
    assert not (tmp_path / "went_on").exists()
    assert list(options) == [
        *("seed", "data", "lr", "amp", "aug", "betas", "layers", "opt", "tag", "verbose", "api_key"),
    ]
    lr = options["lr"]
    assert (lr.flags, lr.type, lr.default, lr.help, lr.takes) == (("--lr", "-l"), "float", 0.1, "step size", "1")
    assert (options["seed"].type, options["seed"].default) == ("int", 0)
    assert options["data"].positional
    assert options["data"].required
    assert (options["amp"].flags, options["amp"].negations) == (("--amp",), ("--no-amp",))
    assert (options["amp"].sets, options["amp"].default, options["amp"].takes) == (True, True, "0")
    assert (options["aug"].flags, options["aug"].negations, options["aug"].default) == ((), ("--no-aug",), True)
    assert (options["betas"].takes, options["layers"].takes) == ("2", "+")
    assert options["opt"].choices == ("adam", "sgd")
    assert options["tag"].repeats
    assert (options["verbose"].type, options["verbose"].repeats) == ("int", True)
    assert options["api_key"].default == "***"


def test_a_command_that_the_parser_refuses_tells_all_the_same(tmp_path: Path):
    assert "lr" in asked(tmp_path, ARGPARSE)


SUB_COMMANDS = """
import argparse

parser = argparse.ArgumentParser()
parser.add_argument("--seed", type=int, default=0)
commands = parser.add_subparsers(dest="what", required=True)
train = commands.add_parser("train", aliases=["t"])
train.add_argument("--epochs", type=int, default=2)
tune = commands.add_parser("tune")
tune.add_argument("--epochs", type=int, default=7)
tune.add_argument("--trials", type=int, default=9)
commands.add_parser("clean")
print(vars(parser.parse_args()))
"""


def test_sub_commands_are_kept_apart(tmp_path: Path):
    declared = ask_options(resolve([str(write(tmp_path, SUB_COMMANDS)), "tune"]))
    places = [(option.command, option.name, option.default) for option in declared]
    assert places == [
        ("", "seed", 0),
        ("", "what", None),
        ("train", "epochs", 2),
        ("tune", "epochs", 7),
        ("tune", "trials", 9),
    ]
    assert find_option(declared, "epochs", ["tune"]).default == 7
    assert find_option(declared, "epochs", ["--seed", "1", "train"]).default == 2
    with pytest.raises(UsageError, match="no option trials"):
        find_option(declared, "trials", ["train"])


@pytest.mark.parametrize(
    ("given", "name", "value", "parsed"),
    [
        (["tune"], "seed", 3, {"seed": 3, "what": "tune", "epochs": 7, "trials": 9}),
        (["--seed", "1", "train"], "seed", 3, {"seed": 3, "what": "train", "epochs": 2}),
        (["--seed=1", "train", "--epochs", "4"], "epochs", 5, {"seed": 1, "what": "train", "epochs": 5}),
        (["clean"], "seed", 3, {"seed": 3, "what": "clean"}),
    ],
)
def test_an_option_is_set_before_or_behind_a_sub_command(tmp_path: Path, given, name, value, parsed):
    script = write(tmp_path, SUB_COMMANDS)
    declared = ask_options(resolve([str(script), *given]))
    words = set_option(given, find_option(declared, name, given), value, declared)
    assert printed(script, words) == parsed


def printed(script: Path, words: list[str]) -> object:
    done = subprocess.run(
        [sys.executable, script, *words], capture_output=True, text=True, check=True, cwd=script.parent
    )
    return eval(done.stdout)


@pytest.mark.parametrize(
    ("name", "value", "dest"),
    [
        ("lr", 0.5, "lr"),
        ("--lr", -0.5, "lr"),
        ("-l", 1e-05, "lr"),
        ("amp", False, "amp"),
        ("amp", True, "amp"),
        ("aug", False, "aug"),
        ("betas", [0.8, 0.9], "betas"),
        ("layers", [1, 2, 3], "layers"),
        ("opt", "sgd", "opt"),
        ("tag", ["a", "b"], "tag"),
        ("verbose", 2, "verbose"),
        ("api-key", "other", "api_key"),
    ],
)
def test_a_value_arrives_as_it_was_set(tmp_path: Path, name, value, dest):
    script = write(tmp_path, ARGPARSE)
    given = ["here", "--lr", "0.3"]
    declared = ask_options(resolve([str(script), *given]))
    words = set_option(given, find_option(declared, name, given), value, declared)
    assert printed(script, words)[dest] == value


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("learning_rate", 1, "the script has no option learning_rate"),
        ("batas", 1, r"did you mean betas\?"),
        ("data", "x", "given by its place"),
        ("lr", "fast", "--lr takes float, got fast"),
        ("lr", [1, 2], "--lr takes 1 value, got 2"),
        ("seed", 1.5, "--seed takes int, got 1.5"),
        ("betas", [1], "--betas takes 2 values, got 1"),
        ("opt", "sdg", r"must be adam or sgd, got sdg \(did you mean sgd\?\)"),
        ("amp", 3, "takes no value: it sets amp to True or False, got 3"),
    ],
)
def test_what_the_script_would_refuse_is_refused(tmp_path: Path, name, value, reason):
    declared = tuple(asked(tmp_path, ARGPARSE, "here").values())
    with pytest.raises(UsageError, match=reason):
        set_option(["here"], find_option(declared, name), value, declared)


def test_what_would_be_added_to_is_not_set(tmp_path: Path):
    declared = tuple(asked(tmp_path, ARGPARSE, "here").values())
    with pytest.raises(UsageError, match="--tag is given already"):
        set_option(["here", "--tag=a"], find_option(declared, "tag"), "b", declared)


KNOWN = """
import argparse

first = argparse.ArgumentParser(add_help=False)
first.add_argument("--config", default="a.yaml")
known, rest = first.parse_known_args()
second = argparse.ArgumentParser(parents=[first])
second.add_argument("--lr", type=float, default=0.1)
second.parse_args(rest)
raise RuntimeError("went on")
"""


def test_a_parser_that_leaves_words_to_another_one_is_not_the_last(tmp_path: Path):
    assert list(asked(tmp_path, KNOWN, "--lr", "3")) == ["config", "lr"]


CLICK = """
import click

@click.group()
@click.option("--seed", default=0)
def main(seed):
    pass

@main.command()
@click.argument("data")
@click.option("--lr", "-l", default=0.1, help="step size")
@click.option("--size", type=click.IntRange(1, 9), required=True)
@click.option("--opt", type=click.Choice(["adam", "sgd"]))
@click.option("--amp/--slow", default=False)
@click.option("--sizes", multiple=True, type=int)
@click.option("--made", default=lambda: 1 / 0)
def train(**given):
    raise RuntimeError("went on")

main()
"""


def test_click_tells_the_options_of_the_command_in_use(tmp_path: Path):
    options = asked(tmp_path, CLICK, "train", "data")
    assert [(o.command, o.name) for o in options.values()][:2] == [("", "seed"), ("train", "data")]
    assert list(options) == ["seed", "data", "lr", "size", "opt", "amp", "sizes", "made"]
    lr, amp = options["lr"], options["amp"]
    assert (lr.flags, lr.type, lr.default, lr.help) == (("--lr", "-l"), "float", 0.1, "step size")
    assert (options["size"].type, options["size"].required, options["size"].default) == ("int", True, None)
    assert options["opt"].choices == ("adam", "sgd")
    assert (amp.flags, amp.negations, amp.takes, amp.default) == (("--amp",), ("--slow",), "0", False)
    assert options["sizes"].repeats
    assert options["made"].default is None
    assert options["data"].positional


TYPER = """
import enum
from pathlib import Path
from typing import List
import typer

class Kind(str, enum.Enum):
    adam = "adam"
    sgd = "sgd"

app = typer.Typer()

@app.command()
def main(data: Path, lr: float = 0.1, kind: Kind = Kind.adam, amp: bool = True, sizes: List[int] = [1, 2]):
    raise RuntimeError("went on")

app()
"""


def test_typer_tells_all_of_its_options(tmp_path: Path):
    pytest.importorskip("typer")
    options = asked(tmp_path, TYPER, "data")
    assert list(options) == ["data", "lr", "kind", "amp", "sizes"]
    assert (options["lr"].flags, options["lr"].type, options["lr"].default) == (("--lr",), "float", 0.1)
    assert (options["kind"].choices, options["kind"].default) == (("adam", "sgd"), "adam")
    assert (options["amp"].flags, options["amp"].negations) == (("--amp",), ("--no-amp",))
    assert (options["sizes"].repeats, options["sizes"].type) == (True, "int")
    assert options["data"].positional


TRAINS = """
import torch
net = torch.nn.Linear(2, 1)
open("trained", "w").close() if net(torch.ones(1, 2)) is not None else None
"""


def test_a_script_without_a_parser_ends_before_it_trains(tmp_path: Path):
    assert asked(tmp_path, TRAINS) == {}
    assert not (tmp_path / "trained").exists()


def test_a_script_that_never_parses_is_ended(tmp_path: Path):
    command = resolve([str(write(tmp_path, "import time\ntime.sleep(60)"))])
    assert ask_options(command, limit_s=0.5) == ()


ABSL = """
from absl import app, flags

flags.DEFINE_float("lr", 0.1, "step size", short_name="l")
flags.DEFINE_boolean("amp", True, "half precision")
flags.DEFINE_enum("opt", "adam", ["adam", "sgd"], "optimizer")
flags.DEFINE_multi_integer("sizes", [1], "of layers")

def main(_):
    values = flags.FLAGS
    print({"lr": values.lr, "amp": values.amp, "opt": values.opt, "sizes": values.sizes})
    open("went_on", "w").close()

app.run(main)
"""


def test_absl_tells_the_flags_of_the_script_alone(tmp_path: Path):
    pytest.importorskip("absl")
    options = asked(tmp_path, ABSL)
    assert not (tmp_path / "went_on").exists()
    assert list(options) == ["lr", "amp", "opt", "sizes"]
    assert (options["lr"].flags, options["lr"].type, options["lr"].default) == (("--lr", "-l"), "float", 0.1)
    assert options["opt"].choices == ("adam", "sgd")
    declared = tuple(options.values())
    words: list[str] = []
    for name, value in (("lr", 0.5), ("amp", False), ("opt", "sgd"), ("sizes", [3, 4])):
        words = set_option(words, find_option(declared, name), value, declared)
    assert printed(tmp_path / "train.py", words) == {"lr": 0.5, "amp": False, "opt": "sgd", "sizes": [3, 4]}
