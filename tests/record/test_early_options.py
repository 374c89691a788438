"""Options of scripts that parse before they import torch, and of configurations wherever they are held."""

from pathlib import Path

import pytest
from running import run_recorded

from wellfit.keep.run import Asked, record_run
from wellfit.model.record import Option, RunRecord
from wellfit.runs.compare import compare
from wellfit.script.command import resolve

TRAIN = """
def train(lr):
    import torch
    net = torch.nn.Linear(4, 1)
    opt = torch.optim.SGD(net.parameters(), lr=lr)
    for _ in range(3):
        loss = net(torch.ones(8, 4)).pow(2).mean()
        opt.zero_grad(); loss.backward(); opt.step()
"""


def recorded(folder: Path, text: str, *arguments: str) -> RunRecord:
    script = folder / "train.py"
    script.write_text(TRAIN + text)
    record = record_run(Asked(resolve([str(script), *arguments]), folder)).record
    assert record.status == "done"
    return record


def options(record: RunRecord) -> dict[str, tuple[object, object, str]]:
    return {option.name: (option.value, option.default, option.source) for option in record.options}


ARGPARSE = """
import argparse

def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default="0.1")
    parser.add_argument("--token", default="")
    commands = parser.add_subparsers(dest="what")
    for name, epochs in (("fit", 2), ("tune", 7)):
        inner = commands.add_parser(name)
        inner.add_argument("--epochs", type=int, default=epochs)
        inner.set_defaults(run=train)
    return parser.parse_args()

if __name__ == "__main__":
    args = parse()
    args.lr *= 2  # what was parsed is kept, not what became of it
    args.run(args.lr)
"""


def test_argparse_before_torch(tmp_path: Path):
    record = recorded(tmp_path, ARGPARSE, "--token", "x" * 20, "tune", "--epochs", "5")
    seen = options(record)
    assert seen["lr"] == (0.1, 0.1, "argparse")
    assert seen["epochs"] == (5, 7, "argparse")
    assert seen["what"] == ("tune", None, "argparse")
    assert seen["token"] == ("***", "", "argparse")
    declared = {(option.command, option.name): option for option in record.declared}
    assert list(declared) == [("", "lr"), ("", "token"), ("", "what"), ("fit", "epochs"), ("tune", "epochs")]
    assert declared["", "lr"].flags == ("--lr",)


TYPER = """
import typer
from typing_extensions import Annotated

app = typer.Typer()

@app.command()
def main(lr: float = 0.1, epochs: Annotated[int, typer.Option(help="passes")] = 3, amp: bool = False):
    train(lr)

app()
"""


def test_typer_before_torch(tmp_path: Path):
    pytest.importorskip("typer")
    record = recorded(tmp_path, TYPER, "--epochs", "5", "--amp")
    assert options(record) == {
        "lr": (0.1, 0.1, "click"),
        "epochs": (5, 3, "click"),
        "amp": (True, False, "click"),
    }
    assert [option.help for option in record.declared] == ["", "passes", ""]


HF = """
from dataclasses import dataclass, field
from transformers import HfArgumentParser

@dataclass
class ModelArguments:
    width: int = field(default=32, metadata={"help": "of the layer"})
    tie: bool = False

@dataclass
class TrainArguments:
    lr: float = 0.1
    schedule: str = field(default="cosine", metadata={"choices": ["cosine", "linear"]})

def main():
    model, training = HfArgumentParser((ModelArguments, TrainArguments)).parse_args_into_dataclasses()
    train(training.lr)

main()
"""


def test_the_parser_of_transformers(tmp_path: Path):
    pytest.importorskip("transformers")
    record = recorded(tmp_path, HF, "--lr", "0.2", "--tie")
    assert options(record) == {
        "width": (32, 32, "argparse"),
        "tie": (True, False, "argparse"),
        "lr": (0.2, 0.1, "argparse"),
        "schedule": ("cosine", "cosine", "argparse"),
    }
    declared = {option.name: option for option in record.declared}
    assert declared["width"].help == "of the layer"
    assert declared["width"].type == "int"


CONFIG = """
from dataclasses import dataclass, field
from pathlib import Path

@dataclass
class Optimizer:
    lr: float = 0.1
    betas: tuple = (0.9, 0.999)

@dataclass
class Model:
    name: str = "mlp"
    extra: dict = field(default_factory=lambda: {"drop": 0.1})

@dataclass
class Config:
    name: str = "first"
    data: Path = Path("data")
    optimizer: Optimizer = field(default_factory=Optimizer)
    warm: Optimizer = field(default_factory=lambda: Optimizer(lr=0.01))
    tags: list = field(default_factory=list)

@dataclass
class Sample:
    index: int = 0

def main():
    config, model = Config(optimizer=Optimizer(lr=0.2)), Model()
    samples = [Sample(n) for n in range(3)]
    train(config.optimizer.lr)

main()
"""


def test_dataclasses_in_the_variables_of_a_function(tmp_path: Path):
    script = tmp_path / "train.py"
    script.write_text(TRAIN + CONFIG)
    seen = {o.name: (o.value, o.default) for o in run_recorded(script)[0].options}
    assert seen == {
        "Config.name": ("first", "first"),
        "data": ("data", "data"),
        "optimizer.lr": (0.2, 0.1),
        "optimizer.betas": ("(0.9, 0.999)", "(0.9, 0.999)"),
        "warm.lr": (0.01, None),
        "warm.betas": ("(0.9, 0.999)", None),
        "tags": ("[]", "[]"),
        "Model.name": ("mlp", "mlp"),
        "extra.drop": (0.1, None),
    }


PYDANTIC = """
from pydantic import BaseModel

class Optimizer(BaseModel):
    lr: float = 0.1

class Config(BaseModel):
    steps: int
    optimizer: Optimizer = Optimizer(lr=0.3)

def main():
    config = Config(steps=4)
    train(config.optimizer.lr)

main()
"""


def test_models_of_pydantic(tmp_path: Path):
    pytest.importorskip("pydantic")
    script = tmp_path / "train.py"
    script.write_text(TRAIN + PYDANTIC)
    assert run_recorded(script)[0].options == (
        Option("steps", 4, None, "pydantic"),
        Option("optimizer.lr", 0.3, 0.3, "pydantic"),
    )


ABSL = """
from absl import app, flags

flags.DEFINE_float("lr", 0.1, "step size")
flags.DEFINE_list("tags", [], "of the run")
app.run(lambda _: train(flags.FLAGS.lr))
"""


def test_absl_before_torch(tmp_path: Path):
    pytest.importorskip("absl")
    record = recorded(tmp_path, ABSL, "--lr", "0.2")
    assert options(record) == {"lr": (0.2, 0.1, "absl"), "tags": ("[]", "[]", "absl")}
    assert [option.name for option in record.declared] == ["lr", "tags"]


def test_a_difference_goes_by_the_name_of_the_inner_configuration(tmp_path: Path):
    records = []
    for lr in ("0.2", "0.3"):
        (tmp_path / lr).mkdir()
        records.append(recorded(tmp_path / lr, CONFIG.replace("lr=0.2", f"lr={lr}")))
    differences = {(d.what, d.first, d.second) for d in compare(*records).options}
    assert differences == {("optimizer.lr", 0.2, 0.3)}
