"""`wellfit recipe` on real scripts: what they do beside what their family's recipe says."""

import ast
import subprocess
import sys

import pytest

DIGITS = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
"""

CNN = (
    DIGITS
    + """
EPOCHS = 5
loader = DataLoader(TensorDataset(x.reshape(-1, 1, 8, 8), y), batch_size=64, shuffle=True)
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(8, 10),
)
optimizer = torch.optim.SGD(model.parameters(), lr=0.001, momentum=0.9)
for epoch in range(EPOCHS):
    for inputs, targets in loader:
        loss = nn.functional.cross_entropy(model(inputs), targets)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        optimizer.zero_grad()
        print(loss.item(), torch.rand(1).item(), flush=True)
"""
)

MLP = (
    DIGITS
    + """
def main():
    print("hello")
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, weight_decay=1e-4)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 10)
    for epoch in range(30):
        for i in range(0, len(x), 64):
            loss = nn.functional.cross_entropy(model(x[i : i + 64]), y[i : i + 64])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        scheduler.step()

main()
"""
)

FAILS = "raise ValueError('no data')\n"


def values_of(shell):
    values = shell.report("out.json")["comparison"]["values"]
    return {value["name"]: value for value in values}


def head_of(shell):
    return dict(shell.report("out.json")["comparison"]["head"])


@pytest.fixture(scope="module")
def cnn(make_shell, tmp_path_factory):
    """One run of the convolutional script, with everything that it wrote."""
    shell = make_shell(tmp_path_factory.mktemp("cnn"))
    shell.write("train.py", CNN)
    shell.result = shell.run("recipe", "-o", "out.json", "-o", "out.txt", "train.py")
    return shell


def test_script_beside_its_recipe(cnn):
    assert cnn.result.returncode == 0
    values = values_of(cnn)
    seen = {name: (value["script"], value["same"]) for name, value in values.items()}
    assert seen["optimizer"] == ("SGD", True)
    assert seen["options"] == ("momentum 0.9", True)
    assert seen["lr"] == ("0.001", False)
    assert seen["schedule"] == ("none seen", False)
    assert seen["clip"] == ("norm 0.1", None)
    assert seen["dropout"] == ("0.3", False)
    assert seen["batch_size"] == ("64", None)


def test_recipe_values_have_sources_and_rules(cnn):
    values = values_of(cnn)
    assert all(value["source"] for value in values.values() if value["recipe"])
    assert values["lr"]["rule"] == "0.1 at batch 128, in proportion to the batch"


def test_length_of_the_run_is_read_from_the_loop(cnn):
    assert head_of(cnn)["run"].startswith("1,797 samples, batch 64, 5 epochs, 145 steps; epochs as the loop")


def test_run_is_untouched(cnn):
    """The same losses, the same random numbers, as without us; and nothing else on standard output."""
    program = [sys.executable, "train.py"]
    plain = subprocess.run(program, cwd=cnn.folder, env=cnn.environment(), capture_output=True, text=True, check=True)
    seen = cnn.result.stdout.splitlines()
    assert len(seen) == 7, "the eighth step ends the script"
    assert seen == plain.stdout.splitlines()[:7]


def test_file_has_what_the_terminal_has(cnn):
    assert (cnn.folder / "out.txt").read_text(encoding="utf-8") == cnn.result.stderr


@pytest.fixture(scope="module")
def mlp(make_shell, tmp_path_factory):
    """One run for the code alone."""
    shell = make_shell(tmp_path_factory.mktemp("mlp"))
    shell.write("train.py", MLP)
    shell.result = shell.run("recipe", "--code", "--family", "mlp", "-o", "out.json", "train.py")
    return shell


def test_code_alone_on_standard_output_runs_behind_the_model(mlp):
    assert mlp.result.returncode == 0
    ast.parse(mlp.result.stdout)
    import torch

    x, y = torch.randn(32, 64), torch.arange(32) % 10
    names = {"model": torch.nn.Linear(64, 10), "loader": [(x, y)] * 29}
    exec(mlp.result.stdout, names)
    assert names["scheduler"].get_last_lr()[0] < 1e-4, "it ends with the run"


def test_script_speaks_on_the_other_stream_where_code_is_asked_for(mlp):
    assert "hello" in mlp.result.stderr
    assert "hello" not in mlp.result.stdout
    assert "wellfit: No DataLoader was iterated" in mlp.result.stderr


def test_loop_without_a_loader_in_a_function(mlp):
    values = values_of(mlp)
    run = "samples not counted, batch 64, 30 epochs, 870 steps; steps as the loops around the step have them"
    assert head_of(mlp)["run"] == run
    assert (values["optimizer"]["script"], values["optimizer"]["recipe"]) == ("Adam", "AdamW")
    assert (values["no_decay"]["script"], values["schedule"]["script"]) == ("none", "StepLR")


def test_nothing_trained(shell):
    shell.write("train.py", "import torch\n")
    result = shell.run("recipe", "train.py")
    assert result.returncode == 2
    assert result.stderr == "wellfit: no optimizer step was seen: nothing was trained\n"


def test_script_that_fails(shell):
    shell.write("train.py", FAILS)
    result = shell.run("recipe", "train.py")
    assert result.returncode == 3
    assert "wellfit: the script ended with exit code 1" in result.stderr


def test_all_mistakes_at_once(shell):
    words = ("--family", "mpl", "--optimizer", "Adm", "-o", "out.html")
    result = shell.run("recipe", *words, "no.py")
    assert result.returncode == 2
    for part in ("did you mean 'mlp'", "did you mean 'Adam'", "must end in .txt or .json", "no such script: no.py"):
        assert part in result.stderr
