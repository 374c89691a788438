"""`wellfit.params` and `wellfit.report`: inert by themselves, of a trial within one, and told to who listens."""

import copy
import doctest
import importlib
import json
import math
import pickle
import subprocess
import sys
from pathlib import Path

import optuna
import pytest
import torch
from running import run_plain, run_recorded

import wellfit
from wellfit.declare import reported
from wellfit.declare.params import DECLARED
from wellfit.declare.space import Hyperparameters, Space
from wellfit.errors import UsageError
from wellfit.model.events.record import ParamsDeclared
from wellfit.model.knob import Knob
from wellfit.model.run import WATCH_VARIABLE, WatchSettings
from wellfit.tune.script.declared import narrowed

SCRIPT = """
import torch
import wellfit
from torch import nn

hp = wellfit.params(lr=wellfit.log(0.1, 1e-5, 1), width=wellfit.integer(8, 4, 16), kind=wellfit.choice("a", "b"), n=2)
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, hp.width), nn.Tanh(), nn.Linear(hp.width, 1))
opt = torch.optim.SGD(net.parameters(), lr=hp.lr)
x = torch.randn(32, 4)
for epoch in range(hp.n):
    for rows in x.split(8):
        loss = net(rows).square().mean()
        opt.zero_grad()
        loss.backward()
        opt.step()
    wellfit.report(score=net(x).mean().square())
    wellfit.report(10 * epoch, named=epoch / 2, other=torch.tensor(1.5))
print(hp, f"{net(x).sum().item():.10f}")
"""


def test_defaults_hold_outside_of_a_search() -> None:
    hp = wellfit.params(lr=wellfit.log(3e-3, 1e-5, 1), opt=wellfit.choice("adamw", "sgd"), epochs=10)
    assert (hp.lr, hp.opt, hp.epochs) == (3e-3, "adamw", 10)
    assert dict(hp) == {"lr": 3e-3, "opt": "adamw", "epochs": 10}
    assert dict(**hp) == hp


def test_values_of_a_trial_take_their_place(monkeypatch) -> None:
    settings = WatchSettings("/nowhere", params={"lr": 0.25, "width": 7, "gone": 1})
    monkeypatch.setenv(WATCH_VARIABLE, settings.to_variable())
    hp = wellfit.params(lr=wellfit.log(3e-3, 1e-5, 1), width=wellfit.integer(4, 2, 8), p=wellfit.lin(0.1, 0, 1), n=3)
    assert dict(hp) == {"lr": 0.25, "width": 7, "p": 0.1, "n": 3}
    assert type(hp.width) is int


def test_values_cannot_be_changed_and_can_be_copied() -> None:
    hp = Hyperparameters({"lr": 0.1})
    with pytest.raises(AttributeError, match="lr cannot be set"):
        hp.lr = 1
    with pytest.raises(AttributeError, match="did you mean 'lr'"):
        hp.lrr  # noqa: B018
    assert pickle.loads(pickle.dumps(hp)) == copy.deepcopy(hp) == hp  # noqa: S301


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (wellfit.log(2.0, 1e-5, 1), "its default 2.0 lies outside of 1e-05 to 1"),
        (wellfit.log(0.5, 0, 1), "begins above 0, and this one begins at 0"),
        (wellfit.lin(0.5, 1, 0), "the wrong way round"),
        (wellfit.lin(1, 1, 1), "holds one value"),
        (wellfit.lin(0.5, 0, math.inf), "must be finite numbers"),
        (wellfit.lin("0.5", 0, 1), "must be finite numbers"),
        (wellfit.lin(0.5, None, 1), "among two values"),
        (wellfit.integer(2.5, 1, 4), "must be whole numbers"),
        (wellfit.choice("adam"), "among two values at least, got 1"),
        (wellfit.choice("adam", "adam"), "must differ"),
        (wellfit.choice(torch.optim.SGD, torch.optim.Adam), "choose a name, and look it up"),
        ((1e-5, 1), "write wellfit.log, lin, integer or choice"),
    ],
)
def test_mistakes_are_sentences(given, words) -> None:
    with pytest.raises(UsageError, match=words) as caught:
        wellfit.params(rate=given, good=1)
    assert str(caught.value).startswith("rate: ")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        Space({"a": wellfit.lin(2, 0, 1), "items": 1, "weight-decay": 2, "_x": 3})
    assert [mistake.split(":")[0] for mistake in caught.value.mistakes] == ["a", "items", "weight-decay", "_x"]


def test_report_does_nothing_by_itself() -> None:
    wellfit.report(3, val_loss="no number, and nobody hears it")


def test_report_tells_numbers_to_who_hears() -> None:
    heard = []
    with reported.hearing(lambda step, values: heard.append((step, values))):
        wellfit.report(2, loss=torch.tensor([0.5]), accuracy=1)
        wellfit.report(nan=math.nan)
        with pytest.raises(TypeError, match="metric loss must be a number"):
            wellfit.report(loss=torch.ones(2))
    wellfit.report(loss=1)
    assert heard[0] == (2, {"loss": 0.5, "accuracy": 1.0})
    assert heard[1][0] is None
    assert math.isnan(heard[1][1]["nan"])
    assert len(heard) == 2


def test_rooms_are_called_whatever_was_imported_first() -> None:
    code = """
import wellfit
import wellfit.report.text
import wellfit.tune.study.ledger
import inspect
wellfit.report(1, loss=0.5)
print(list(inspect.signature(wellfit.report).parameters), list(inspect.signature(wellfit.tune).parameters)[:2])
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert told.strip() == "['step', 'metrics'] ['train', 'space']"


def test_declaring_and_reporting_load_no_torch() -> None:
    code = """
import sys, wellfit
hp = wellfit.params(lr=wellfit.log(0.1, 1e-5, 1))
wellfit.report(1, loss=hp.lr)
print([name for name in ("torch", "numpy", "optuna", "rich", "click") if name in sys.modules])
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    script = tmp_path_factory.mktemp("declared") / "train.py"
    script.write_text(SCRIPT)
    DECLARED.clear()  # of the tests above; the script runs in a fork
    return script, *run_recorded(script)


def test_a_record_has_what_was_declared(watched) -> None:
    _, recorded, log, _ = watched
    options = {option.name: (option.value, option.default, option.source) for option in recorded.options}
    assert options["lr"] == (0.1, 0.1, "params")
    assert options["n"] == (2, 2, "params")
    told = log.last(ParamsDeclared)
    assert told.defaults == {"lr": 0.1, "width": 8, "kind": "a"}
    assert told.knobs[0] == Knob("lr", "", 1e-5, 1, log=True, declared=True)
    assert told.knobs[1] == Knob("width", "", 4, 16, integer=True, declared=True)
    assert told.knobs[2] == Knob("kind", choices=("a", "b"), declared=True)


def test_a_record_has_what_was_reported(watched) -> None:
    _, recorded, _, _ = watched
    assert [(p.step, p.value, p.source) for p in recorded.curves["named"]] == [
        (0, 0.0, "reported"),
        (10, 0.5, "reported"),
    ]
    assert [p.step for p in recorded.curves["score"]] == [4, 8]


def test_a_run_is_the_same_whether_it_is_recorded(watched) -> None:
    script, _, _, output = watched
    assert run_plain(script) == (output, 0)


def test_ranges_of_the_command_line_narrow() -> None:
    told = ParamsDeclared(
        (
            Knob("lr", low=1e-5, high=1, log=True, declared=True),
            Knob("kind", choices=("a", "b", "c"), declared=True),
            Knob("p", low=0, high=0.6, declared=True),
        ),
        {},
    )
    asked = (Knob("lr", "--lr", 1e-3, 0.1), Knob("kind", "--kind", choices=("a", "c")), Knob("else", "--else", 0, 1))
    lr, kind, p = narrowed(told, asked)
    assert (lr.low, lr.high, lr.log, lr.word, lr.declared) == (1e-3, 0.1, True, "", True)
    assert kind.choices == ("a", "c")
    assert p == told.knobs[2]


def test_ranges_of_the_command_line_do_not_reach_beyond() -> None:
    told = ParamsDeclared(
        (
            Knob("lr", low=1e-5, high=1, log=True, declared=True),
            Knob("width", low=4, high=64, integer=True, declared=True),
            Knob("kind", choices=("a", "b"), declared=True),
        ),
        {},
    )
    asked = (Knob("lr", low=0.1, high=10), Knob("width", low=4, high=5.5), Knob("kind", low=0, high=1))
    with pytest.raises(UsageError) as caught:
        narrowed(told, asked)
    assert caught.value.mistakes == (
        "lr: the script declares 1e-05 to 1, and 0.1 to 10 reaches beyond it",
        "width: the script declares whole numbers, and 4 to 5.5 has other ends",
        "kind: the script declares choices, a, b: narrow that",
    )


def test_a_study_of_optuna_proposes_from_our_space() -> None:
    space = Space(
        {
            "lr": wellfit.log(3e-3, 1e-5, 1),
            "width": wellfit.integer(64, 16, 256),
            "kind": wellfit.choice("a", "b"),
            "epochs": 3,
        }
    )
    fixed = optuna.trial.FixedTrial({"lr": 0.01, "width": 32, "kind": "b"})
    assert dict(space.to_optuna(fixed)) == {"lr": 0.01, "width": 32, "kind": "b", "epochs": 3}
    assert json.dumps(dict(space.defaults)) == '{"lr": 0.003, "width": 64, "kind": "a", "epochs": 3}'


@pytest.mark.parametrize("module", sorted(Path(wellfit.__file__).parent.glob("declare/*.py")), ids=lambda f: f.stem)
def test_examples_of_declarations_hold(module) -> None:
    assert doctest.testmod(importlib.import_module(f"wellfit.declare.{module.stem}")).failed == 0
