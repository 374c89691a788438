"""Weights of recorded runs: hashed on the way and when a model goes, without a change to the run."""

from pathlib import Path

import pytest
import torch
from running import run_plain, run_recorded

from wellfit.keep.first_difference import common_weights, first_difference
from wellfit.observe.sampled_hashes import hash_within

LOCAL = """
import sys, weakref
import torch
from torch import nn
from torch.nn import functional as F

def train(seed, steps, odd):
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(6, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Linear(12, 1))
    opt = torch.optim.Adam(net.parameters(), lr=0.01)
    for step in range(steps):
        if step % 30 == 0:
            net.train()
        if step == odd:
            with torch.no_grad():
                net[0].bias[0] += 1e-6
        x = torch.randn(16, 6)
        loss = F.mse_loss(net(x), x[:, :1].sin())
        opt.zero_grad(); loss.backward(); opt.step()
        if step % 30 == 29:
            net.eval()
            with torch.no_grad():
                print("held=%r" % F.mse_loss(net(x[:9]), x[:9, :1]).item())
    torch.save(net.state_dict(), "%s-%d.pt" % (sys.argv[2], seed))
    return weakref.ref(net[0].weight)

odd = int(sys.argv[1])
print([train(seed, steps, odd)() is None for seed, steps in ((0, 90), (1, 50))])
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("local") / "train.py"
    path.write_text(LOCAL)
    return path


def run(script: Path, odd: int = -1):
    return run_recorded(script, str(odd), str(script.parent / "weights"))


def test_weights_of_local_models_are_those_that_the_script_saves(script: Path) -> None:
    ends = run(script)[0].final_weights
    assert [(seen.model, seen.step, seen.share) for seen in ends] == [(0, 90, 1.0), (1, 140, 1.0)]
    for seen in ends:
        saved = torch.load(f"{script.parent / 'weights'}-{seen.model}.pt", weights_only=True)
        assert seen.hash == hash_within(list(saved.values()), 1 << 30)[0]


def test_the_run_is_the_same_and_local_weights_are_free_as_early(script: Path) -> None:
    plain, code = run_plain(script, "-1", str(script.parent / "weights"))
    assert code == 0
    assert "[True, True]" in plain
    assert run(script)[2] == plain


def test_weights_are_hashed_at_powers_of_two_and_at_evaluations(script: Path) -> None:
    seen = run(script)[0].weights
    powers = [s.step for s in seen if s.model == 0 and s.at == "step"]
    assert powers == [1, 2, 4, 8, 16, 32, 64]
    assert [s.step for s in seen if s.at == "evaluation"] == [30, 60, 90, 120]


def test_equal_runs_have_all_hashes_in_common(script: Path) -> None:
    one, other = run(script)[0], run(script)[0]
    assert first_difference(one, other) is None
    assert len(common_weights(one, other)) == len(one.weights)


def test_the_first_steps_after_which_weights_differ_are_named(script: Path) -> None:
    found = first_difference(run(script)[0], run(script, odd=61)[0])
    assert (found.what, found.step) == ("training", 63)  # a loss, before the next hash of the weights
    early = first_difference(run(script)[0], run(script, odd=29)[0])
    assert (early.what, early.step) == ("training", 30)
    assert early.saw == "the weights differ after 30 steps; after 16 they are equal"


OFTEN = """
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
net = nn.Linear(4, 2)
opt = torch.optim.SGD(net.parameters(), lr=0.1)
x, y = torch.randn(64, 4), torch.randint(2, (64,))
for step in range(600):
    net.train()
    F.cross_entropy(net(x), y).backward()
    opt.step(); opt.zero_grad()
    net.eval()
    with torch.no_grad():
        held = F.cross_entropy(net(x), y)
print("held=%r" % held.item())
"""


def test_evaluations_after_each_step_are_heard_at_some_and_compared_where_both_were(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(OFTEN)
    (one, _, output), (other, _, _) = run_recorded(script), run_recorded(script)
    steps = [point.step for point in one.curves["val_loss"]]
    assert steps[:8] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert all(any(power <= step < 2 * power for step in steps) for power in (8, 16, 32, 64, 128, 256))
    assert len(steps) < 400
    assert first_difference(one, other) is None
    assert output == run_plain(script)[0]


TRAINING_METRIC = """
import torch
from torch import nn
from torch.nn import functional as F

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
opt = torch.optim.SGD(net.parameters(), lr=0.1)
for step in range(40):
    net.train()
    net[1].eval()
    x = torch.randn(8, 4)
    answers = net(x)
    loss = F.mse_loss(answers, x[:, :1])
    with torch.no_grad():
        F.l1_loss(answers, x[:, :1])
    opt.zero_grad(); loss.backward(); opt.step()
"""


def test_a_frozen_layer_is_no_evaluation_of_the_model(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(TRAINING_METRIC)
    assert "val_loss" not in run_recorded(script)[0].curves
