"""A setting that a search found, written into a program: the program is run, and what it then has is looked at."""

import contextlib
import io
import sys
from pathlib import Path

import pytest
import torch

from wellfit.fix.settings.edits import Settled, settle
from wellfit.fix.settings.files import files_of
from wellfit.model.events.rates import RatesSeen
from wellfit.model.knob import Knob, Value
from wellfit.model.option import DeclaredOption
from wellfit.model.place import Place
from wellfit.model.source import Sources
from wellfit.model.study import Seen, StudyPlan

FOUND = 0.0321
HEAD = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\nmodel = nn.Linear(4, 3)\n"


def knob(name: str, word: str = "") -> Knob:
    return Knob(name, word, low=1e-6, high=1e6, log=True)


def rates_of(text: str, **changes: object) -> tuple[RatesSeen, ...]:
    """Where the program makes its optimizer, as a run tells it."""
    lines = [n for n, line in enumerate(text.splitlines(), 1) if "torch.optim." in line and "lr_scheduler" not in line]
    given = {"scheduler": "", "scheduled_at": None, "by_hand": False, "peaks": (0.1,), **changes}
    return tuple(
        RatesSeen(n, "AdamW", Place("/p/train.py", line, "<module>"), steps=3, **given) for n, line in enumerate(lines)
    )


def settled(text: str, values: dict[str, Value], *knobs: Knob, words: tuple[str, ...] = (), **changes) -> Settled:
    """The setting written into `/p/train.py`."""
    losses = tuple(
        Place("/p/train.py", n, "f") for n, line in enumerate(text.splitlines(), 1) if line.endswith("# loss")
    )
    seen = Seen(
        peaks=(0.1,),
        planned=changes.pop("planned", None),
        epoch_steps=10.0,
        rates=changes.pop("rates", rates_of(text)),
        losses=losses,
        declared=changes.pop("declared", ()),
    )
    knobs = knobs or tuple(knob(name.replace("_", "-")) for name in values)
    command = ("python", "train.py", *words)
    plan = StudyPlan("s", command, "/p", "train.py", knobs, "val_loss", higher_is_better=False, seen=seen)
    files = {"/p/train.py": text, **changes.pop("files", {})}
    return settle(plan, values, Sources({f: tuple(t.splitlines(keepends=True)) for f, t in files.items()}))


def edited(text: str, values: dict[str, Value], *knobs: Knob, **changes) -> dict[str, object]:
    """Run the edited program with these words; its names."""
    done = settled(text, values, *knobs, **changes)
    assert done.by_hand == ()
    return run(done.patch.files["/p/train.py"][1])


def run(text: str) -> dict[str, object]:
    names: dict[str, object] = {"__name__": "__main__"}
    before, sys.argv = sys.argv, ["train.py"]
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            exec(compile(text, "train.py", "exec"), names)  # the program under test
    finally:
        sys.argv = before
    return names


OPTIONS = {
    "argparse": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float, default=1.0)\n"
    "seen = p.parse_args().lr\n",
    "argparse without a default": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--lr', type=float)\n"
    "seen = p.parse_args().lr\n",
    "argparse, a constant": "import argparse\nRATE = 1.0\np = argparse.ArgumentParser()\n"
    "p.add_argument('-l', '--lr', default=RATE, type=float)\nseen = p.parse_args().lr\n",
    "argparse, over lines": "import argparse\np = argparse.ArgumentParser()\np.add_argument(\n    '--lr',\n"
    "    type=float,\n    default=1.0,  # of old\n)\nseen = p.parse_args().lr\n",
    "optparse": "import optparse\np = optparse.OptionParser()\np.add_option('--lr', type=float, default=1.0)\n"
    "seen = p.parse_args()[0].lr\n",
    "click": "import click\n@click.command()\n@click.option('--lr', default=1.0)\n@click.option('--n', default=2)\n"
    "def main(lr, n):\n    global seen\n    seen = lr\nmain(standalone_mode=False)\n",
    "dataclass": "from dataclasses import dataclass\n@dataclass\nclass Config:\n    lr: float = 1.0\n    n: int = 2\n"
    "seen = Config().lr\n",
    "dataclass, field": "from dataclasses import dataclass, field\n@dataclass\nclass Config:\n"
    "    lr: float = field(default=1.0, metadata={'help': 'rate'})\nseen = Config().lr\n",
}


@pytest.mark.parametrize("text", OPTIONS.values(), ids=OPTIONS.keys())
def test_the_default_of_an_own_option_is_written(text):
    assert edited(text, {"lr": FOUND}, knob("lr", "--lr"))["seen"] == FOUND


TYPER = {
    "option": "lr: float = typer.Option(1.0, '--lr')",
    "option, default by name": "lr: float = typer.Option(default=1.0)",
    "annotated": "lr: Annotated[float, typer.Option(help='rate')] = 1.0",
    "plain": "lr: float = 1.0",
}


@pytest.mark.parametrize("parameter", TYPER.values(), ids=TYPER.keys())
def test_the_default_of_a_command_of_typer_is_written(parameter):
    text = (
        f"from typing import Annotated\nimport typer\ndef main({parameter}, n: int = 2):\n    pass\ntyper.run(main)\n"
    )
    new = settled(text, {"lr": FOUND}, knob("lr", "--lr")).patch.files["/p/train.py"][1]
    assert new == text.replace("1.0", "0.0321")


def test_a_text_is_the_default_of_a_command_of_typer():
    text = "import typer\ndef main(kind: str = typer.Option('sgd', '--kind', '-k')):\n    pass\ntyper.run(main)\n"
    choice = Knob("kind", "--kind", choices=("sgd", "adam"))
    assert settled(text, {"kind": "adam"}, choice).patch.files["/p/train.py"][1] == text.replace("sgd", "adam")


def test_the_default_of_a_flag_of_absl_is_written():
    text = "from absl import flags\nflags.DEFINE_float('lr', 1.0, 'rate')\n"
    new = settled(text, {"lr": FOUND}, knob("lr", "--lr")).patch.files["/p/train.py"][1]
    assert new == text.replace("1.0", "0.0321")


def test_an_option_is_found_by_what_else_it_is_given_by():
    text = "import argparse\np = argparse.ArgumentParser()\np.add_argument('--weight_decay', default=1.0)\n"
    text += "a = p.parse_args()\n"
    declared = DeclaredOption("weight_decay", ("--weight_decay",))
    found = edited(text, {"weight_decay": FOUND}, knob("weight-decay", "--weight-decay"), declared=(declared,))["a"]
    assert found.weight_decay == FOUND


def test_an_own_option_that_the_command_line_gives_by_another_word_is_not_written():
    text = "p.add_argument('-l', '--lr', default=1.0)\n"
    done = settled(text, {"lr": FOUND}, knob("lr", "--lr"), words=("-l", "0.5"))
    assert done.by_hand[0].reason == "the command line gives -l"


def test_whole_numbers_choices_and_texts_are_written_as_what_they_are():
    text = (
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('--width', type=int, default=8)\n"
        "p.add_argument('--kind', default='sgd')\np.add_argument('--size', choices=['16', '32'], default='16')\n"
        "a = p.parse_args()\n"
    )
    knobs = (knob("width", "--width"), Knob("kind", "--kind", choices=("sgd", "adam")), knob("size", "--size"))
    found = edited(text, {"width": 64, "kind": "adam", "size": 32}, *knobs)["a"]
    assert (found.width, found.kind, found.size) == (64, "adam", "32")


def test_a_default_in_another_file_of_the_program_is_found():
    options = "def add(p):\n    p.add_argument('--lr', type=float, default=1.0)\n"
    done = settled("import options\n", {"lr": FOUND}, knob("lr", "--lr"), files={"/p/options.py": options})
    assert list(done.patch.files) == ["/p/options.py"]
    assert done.patch.files["/p/options.py"][1] == options.replace("1.0", "0.0321")


AMBIGUOUS = {
    "two parsers": "p.add_argument('--lr', default=1.0)\nq.add_argument('--lr', default=2.0)\n",
    "computed": "p.add_argument('--lr', default=rate())\n",
    "none": "p.add_argument('--other', default=1.0)\n",
}


@pytest.mark.parametrize("text", AMBIGUOUS.values(), ids=AMBIGUOUS.keys())
def test_what_is_not_certain_is_not_written_and_what_to_type_is_said(text):
    done = settled(text, {"lr": FOUND}, knob("lr", "--lr"))
    assert done.patch.files == {}
    assert done.by_hand[0].instead == "--lr 0.0321 on the script's command line"


def test_a_configuration_file_is_out_of_reach_and_its_line_is_said():
    done = settled("import hydra\n", {"optimizer.lr": FOUND}, knob("optimizer.lr", "optimizer.lr="))
    assert done.by_hand[0].instead.startswith("optimizer.lr=0.0321 in the script's configuration")


RATES = {
    "literal": "opt = torch.optim.AdamW(model.parameters(), lr=0.1)\n",
    "by position": "opt = torch.optim.AdamW(model.parameters(), 0.1)\n",
    "left away": "opt = torch.optim.AdamW(model.parameters())\n",
    "a constant": "RATE = 0.1\nopt = torch.optim.AdamW(model.parameters(), lr=RATE)\n",
    "an option": "import argparse\np = argparse.ArgumentParser()\np.add_argument('--rate', type=float, default=0.1)\n"
    "args = p.parse_args()\nopt = torch.optim.AdamW(model.parameters(), lr=args.rate)\n",
    "an option behind a name": "import argparse\np = argparse.ArgumentParser()\n"
    "p.add_argument('--rate', type=float, default=0.1)\nrate = p.parse_args().rate\n"
    "opt = torch.optim.AdamW(model.parameters(), lr=rate)\n",
    "handed over": "def make(rate):\n    return torch.optim.AdamW(model.parameters(), lr=rate)\nopt = make(0.1)\n",
    "a parameter's default": "def make(rate=0.1):\n    return torch.optim.AdamW(model.parameters(), lr=rate)\n"
    "opt = make()\n",
}


@pytest.mark.parametrize("text", RATES.values(), ids=RATES.keys())
def test_the_rate_of_the_optimizer_is_written_wherever_it_comes_from(text):
    names = edited(HEAD + text, {"lr": FOUND})
    assert [group["lr"] for group in names["opt"].param_groups] == [FOUND]


def test_rates_of_groups_keep_their_ratio():
    text = HEAD + (
        "opt = torch.optim.SGD([{'params': [model.weight], 'lr': 0.1}, {'params': [model.bias], 'lr': 0.01}])\n"
    )
    names = edited(text, {"lr": 0.2}, rates=rates_of(text, peaks=(0.1, 0.01)))
    assert [group["lr"] for group in names["opt"].param_groups] == [0.2, 0.02]


def test_an_option_that_the_command_line_gives_is_not_written():
    text = HEAD + RATES["an option"]
    done = settled(text, {"lr": FOUND}, words=("--rate", "0.1"))
    assert done.patch.files == {}
    assert done.by_hand[0].reason == "the command line gives --rate"


DECAYS = {
    "left away": ("AdamW(model.parameters(), lr=0.1)", [FOUND]),
    "literal": ("AdamW(model.parameters(), lr=0.1, weight_decay=0.01)", [FOUND]),
    "a group without": (
        "AdamW([{'params': [model.weight]}, {'params': [model.bias], 'weight_decay': 0.0}], lr=0.1)",
        [FOUND, 0.0],
    ),
    "groups of their own": (
        "AdamW([{'params': [model.weight], 'weight_decay': 0.3}, {'params': [model.bias], 'weight_decay': 0}])",
        [FOUND, 0],
    ),
}


@pytest.mark.parametrize(("made", "expected"), DECAYS.values(), ids=DECAYS.keys())
def test_the_weight_decay_reaches_the_groups_that_decay(made, expected):
    names = edited(f"{HEAD}opt = torch.optim.{made}\n", {"weight_decay": FOUND})
    assert [group["weight_decay"] for group in names["opt"].param_groups] == expected


def test_a_timescale_is_written_as_the_weight_decay_that_it_is_at_the_rate_found():
    names = edited(HEAD + RATES["literal"], {"lr": 0.05, "timescale": 4.0})
    (group,) = names["opt"].param_groups
    assert group["lr"] * group["weight_decay"] * 4.0 * 10 == pytest.approx(1, rel=1e-2)


DROPOUTS = {
    "layers": "net = nn.Sequential(nn.Dropout(0.1), nn.Dropout2d(p=0.2), nn.Dropout())\n",
    "handed to a class": "class Net(nn.Module):\n    def __init__(self, p):\n        super().__init__()\n"
    "        self.drop = nn.Dropout(p)\nnet = Net(0.2)\n",
    "a class's default": "class Net(nn.Module):\n    def __init__(self, width=3, p=0.2):\n        super().__init__()\n"
    "        self.drop = nn.Dropout(p)\nnet = Net(width=4)\n",
    "transformer": "net = nn.Sequential(nn.TransformerEncoderLayer(8, 2), nn.TransformerEncoderLayer(8, 2, 16, 0.2))\n",
}


@pytest.mark.parametrize("text", DROPOUTS.values(), ids=DROPOUTS.keys())
def test_every_dropout_gets_the_rate(text):
    layers = edited(HEAD + text, {"dropout": FOUND})["net"].modules()
    rates = {layer.p for layer in layers if isinstance(layer, torch.nn.modules.dropout._DropoutNd)}
    assert rates == {FOUND}


def test_a_dropout_that_is_turned_off_stays_off_and_calls_and_recurrent_layers_are_written():
    text = HEAD + "off = nn.Dropout(0.0)\nrnn = nn.LSTM(4, 4, 2, dropout=0.5)\nplain = nn.LSTM(4, 4)\n"
    text += "def forward(x):\n    return F.dropout(x, 0.5, training=True)\nout = forward(torch.ones(100_000))\n"
    names = edited(text, {"dropout": FOUND})
    assert (names["off"].p, names["rnn"].dropout, names["plain"].dropout) == (0.0, FOUND, 0.0)
    assert float((names["out"] == 0).float().mean()) == pytest.approx(FOUND, abs=5e-3)


def test_a_program_without_a_dropout_of_its_own_is_told_how_to_set_it():
    done = settled(HEAD, {"dropout": FOUND})
    assert done.by_hand[0].instead == "wellfit.set_dropout(model, 0.0321) behind the line that makes the model"


def test_labels_are_smoothed_where_gradients_flow_and_nowhere_else():
    text = HEAD + (
        "x, y = torch.eye(4)[:3], torch.arange(3)\nloss = F.cross_entropy(model(x), y)  # loss\n"
        "out = model(x).detach()\nheld = F.cross_entropy(out, y)\n"
        "expected = F.cross_entropy(out, y, label_smoothing=0.0321)\n"
    )
    names = edited(text, {"label_smoothing": FOUND})
    loss, held, expected = (float(names[name].detach()) for name in ("loss", "held", "expected"))
    assert loss == pytest.approx(expected)
    assert held != pytest.approx(loss)


LAYER = HEAD + "loss = nn.CrossEntropyLoss()\ndef train(x, y):\n    return loss(model(x), y)  # loss\n"


def test_a_layer_of_the_loss_is_smoothed_unless_another_line_calls_it_too():
    assert edited(LAYER, {"label_smoothing": FOUND})["loss"].label_smoothing == FOUND
    shared = LAYER + "def held(x, y):\n    return loss(model(x).detach(), y)\n"
    done = settled(shared, {"label_smoothing": FOUND})
    assert done.patch.files == {}
    assert "calls the same layer" in done.by_hand[0].reason
    second = shared.replace("detach(), y)", "detach(), y)  # loss")
    assert edited(second, {"label_smoothing": FOUND})["loss"].label_smoothing == FOUND


def test_a_study_that_knows_no_line_of_the_loss_leaves_the_smoothing_to_be_written():
    done = settled(LAYER.replace("  # loss", ""), {"label_smoothing": FOUND})
    assert done.by_hand[0].instead == "label_smoothing=0.0321 in the cross entropy that is trained on"


STEP = (
    HEAD
    + RATES["literal"]
    + "for _ in range(1):\n    (100 * model(torch.ones(2, 4)).sum()).backward()\n    opt.step()\n"
)
NORM = "norm = sum(float(p.grad.norm()) ** 2 for p in model.parameters()) ** 0.5\n"


def test_gradients_are_clipped_before_each_step():
    names = edited(STEP + NORM, {"clip": 0.5})
    assert names["norm"] == pytest.approx(0.5, rel=1e-3)


@pytest.mark.parametrize(("own", "expected"), [(2.0, 0.5), (0.25, 0.25)])
def test_where_gradients_are_clipped_already_the_smaller_norm_stays(own, expected):
    clip = f"    nn.utils.clip_grad_norm_(model.parameters(), {own})\n    opt.step()\n"
    done = settled(STEP.replace("    opt.step()\n", clip) + NORM, {"clip": 0.5})
    text = done.patch.files["/p/train.py"][1] if done.patch.files else STEP.replace("    opt.step()\n", clip) + NORM
    assert run(text)["norm"] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("name", ["augment", "schedule"])
def test_what_a_study_does_not_tell_the_place_of_is_said_with_what_to_write(name):
    done = settled(HEAD + RATES["literal"], {name: "cosine" if name == "schedule" else 0.5, "lr": FOUND})
    assert done.written == ("lr",)
    assert [one.name for one in done.by_hand] == [name]
    assert {
        "augment": "model(wellfit.vision.shift_and_noise(images, 0.5, training=model.training))",
        "schedule": "wellfit.schedule(optimizer, 'cosine', steps, min_ratio=0.0)",
    }[name] in done.by_hand[0].instead


LIT = (
    "import lightning\nimport torch\nclass Lit(lightning.LightningModule):\n    def configure_optimizers(self):\n"
    "        return torch.optim.SGD(self.parameters(), lr=0.1)\n"
)


@pytest.mark.parametrize("text", [LIT, LIT.replace("return", "optimizer =") + " " * 8 + "return optimizer\n"])
def test_lightning_is_handed_the_schedule_with_the_optimizer(text):
    new = settled(text, {"schedule": "cosine"}).patch.files["/p/train.py"][1]
    assert new.endswith(
        "        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)\n"
        '        scheduler = wellfit.schedule(optimizer, "cosine", '
        "self.trainer.estimated_stepping_batches, min_ratio=0.0)\n"
        '        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "interval": "step"}}\n'
    )


def test_lightning_keeps_a_schedule_that_it_is_handed_already():
    text = LIT
    done = settled(text, {"schedule": "cosine"}, rates=rates_of(text, scheduler="StepLR"))
    assert done.by_hand[0].reason == "configure_optimizers hands a StepLR over already"


def test_the_trainer_of_transformers_is_told_the_name_of_the_schedule():
    text = (
        "import transformers\nargs = transformers.TrainingArguments('out', warmup_steps=100, learning_rate=0.1)\n"
        "trainer = transformers.Trainer(model, args)\ntrainer.train()  # torch.optim.\n"
    )
    new = settled(text, {"schedule": "cosine"}, rates=rates_of(text, scheduler="LambdaLR")).patch.files["/p/train.py"][
        1
    ]
    assert "'out', warmup_steps=0, learning_rate=0.1, lr_scheduler_type=\"cosine\")" in new


MADE = {
    "a name": HEAD + "opt = torch.optim.SGD(model.parameters(), lr=0.1)\n",
    "an attribute": HEAD
    + "class Trial:\n    def __init__(self):\n        self.opt = torch.optim.SGD(model.parameters(), 0.1)\n"
    "opt = Trial().opt\n",
    "returned": HEAD + "def make():\n    return torch.optim.SGD(model.parameters(), lr=0.1)\nopt = make()\n",
}


@pytest.mark.parametrize("text", MADE.values(), ids=MADE.keys())
def test_an_optimizer_that_a_library_steps_is_followed_by_its_schedule(text):
    opt = edited(text, {"schedule": "linear"}, planned=4)["opt"]
    rates = []
    for _ in range(4):
        rates.append(opt.param_groups[0]["lr"])
        opt.step()
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025])


def test_the_rate_of_a_configuration_is_not_taken_for_one_that_is_set_by_hand():
    config = "config = {}\nconfig['lr'] = 0.1\n"
    assert settled(config + MADE["a name"], {"schedule": "linear"}, planned=4).written == ("schedule",)
    groups = "for group in opt.param_groups:\n    group['lr'] = 0.05\n"
    assert settled(MADE["a name"] + groups, {"schedule": "linear"}, planned=4).written == ()


def test_two_hyperparameters_at_one_place_are_not_both_written():
    text = HEAD + "SHARED = 0.1\nopt = torch.optim.AdamW(model.parameters(), lr=SHARED, weight_decay=SHARED)\n"
    done = settled(text, {"lr": FOUND, "weight_decay": 0.5})
    assert done.written == ("lr",)
    assert done.by_hand[0].reason == "another hyperparameter is written at the same place"


def test_the_own_value_is_left_as_it_is():
    text = HEAD + RATES["literal"]
    seen = Seen(peaks=(0.1,), present={"lr": 0.1}, rates=rates_of(text))
    plan = StudyPlan(
        "s", ("python", "train.py"), "/p", "train.py", (knob("lr"),), "m", higher_is_better=False, seen=seen
    )
    done = settle(plan, {"lr": 0.10001}, Sources({"/p/train.py": tuple(text.splitlines(keepends=True))}))
    assert (done.written, done.by_hand, dict(done.patch.files)) == ((), (), {})


def test_line_ends_and_comments_stay():
    text = (HEAD + RATES["literal"].replace("lr=0.1)", "lr=0.1)  # ünlike")).replace("\n", "\r\n")
    done = settled(text, {"lr": FOUND})
    assert done.patch.files["/p/train.py"][1] == text.replace("lr=0.1", "lr=0.0321")


def test_files_are_those_that_the_script_imports_from_its_own_folder(tmp_path: Path):
    for name, text in {
        "train.py": "import torch, model\nfrom pkg import options\nfrom pkg.sub.deep import x\n",
        "model.py": "from .odd import nothing\n",
        "pkg/__init__.py": "",
        "pkg/options.py": "from . import other\n",
        "pkg/other.py": "not python at all(\n",
        "pkg/sub/__init__.py": "",
        "pkg/sub/deep.py": "import unknown_module\n",
        "unused.py": "",
        ".venv/site-packages/torch.py": "",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    names = {"train.py", "model.py", "pkg/__init__.py", "pkg/options.py", "pkg/other.py", "pkg/sub/__init__.py"}
    found = files_of(("python", "train.py"), tmp_path)
    assert {file.relative_to(tmp_path).as_posix() for file in found} == {*names, "pkg/sub/deep.py"}
    assert files_of(("python", "-m", "pkg.options"), tmp_path)[0] == tmp_path / "pkg/options.py"
    outside = files_of(("python", "train.py"), tmp_path, ("/usr/lib/other.py", str(tmp_path / "unused.py")))
    assert tmp_path / "unused.py" in outside
    assert Path("/usr/lib/other.py") not in outside
