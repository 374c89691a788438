"""Fix, then check: injected trainings of the gallery and ill examples run on healed, and nothing new is found."""

import warnings
from pathlib import Path

import networkx as nx  # noqa: F401  imported once here, inherited by every forked child
import pytest
import sklearn.model_selection  # noqa: F401
from curing import Cured, cure, edited
from gallery.expected import EXPECTED

from wellfit.catalogue import RULES

TESTS = Path(__file__).resolve().parent.parent
RULE_IDS = {rule.name: rule.id for rule in RULES}
WITHOUT_EDIT = {"gcn_karate_dropout_in_eval", "soft_targets_kl_leak"}
"""Injected programs whose finding no edit of their source is certain to cure."""
INJECTED = {name: rule for name, rule in EXPECTED.items() if name not in WITHOUT_EDIT}
EXAMPLES = {
    "digits_softmax": "softmax-before-cross-entropy",
    "regression_diabetes": "broadcast-in-loss",
    "text_classifier": "gradients-not-cleared",
    "transfer_frozen": "stale-parameters-in-optimizer",
    "wine_mlp": "unscaled-inputs",
}
PROGRAMS = [
    *((TESTS / "gallery" / "injected" / f"{name}.py", rule) for name, rule in INJECTED.items()),
    *((TESTS.parent / "examples" / f"{name}.py", rule) for name, rule in EXAMPLES.items()),
]


def cured(program: Path, folder: Path, rule: str) -> Cured:
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # a stranger's program may warn; pytest would make errors of it
        return cure(program, folder, RULE_IDS[rule])


@pytest.mark.parametrize(("program", "rule"), PROGRAMS, ids=[p.stem for p, _ in PROGRAMS])
def test_fixed_program_is_healed(program: Path, rule: str, tmp_path: Path) -> None:
    result = cured(program, tmp_path, rule)
    assert result.after.exit_code == 0, result.after.output
    assert result.verdict(RULE_IDS[rule]).verdict in {"clear", "unseen"}, result.verdict(RULE_IDS[rule])
    assert result.introduced() == set()


FROZEN = """import torch
from torch import nn

torch.manual_seed(0)
net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 3))
net[0].requires_grad_(False)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-3)
for step in range(30):
    x = torch.randn(16, 8)
    optimizer.zero_grad()
    nn.functional.cross_entropy(net(x), x[:, :3].argmax(1)).backward()
    optimizer.step()
"""


def test_optimizer_is_handed_only_what_trains(tmp_path: Path) -> None:
    (tmp_path / "program").mkdir()
    program = tmp_path / "program" / "train.py"
    program.write_text(FROZEN)
    result = cure(program, tmp_path, "WF304")
    assert result.verdict("WF304").verdict == "clear"
    assert "[p for p in net.parameters() if p.requires_grad]" in result.new


TWO_HEADS = """import torch
from torch import nn

torch.manual_seed(0)
net = nn.Linear(8, 3)
optimizer = torch.optim.Adam(net.parameters(), lr=1e-2)
for step in range(40):
    x = torch.randn(16, 8)
    first = net(x[:8]).softmax(dim=1)
    second = torch.softmax(net(x[8:]), 1)
    optimizer.zero_grad()
    nn.functional.cross_entropy(torch.cat([first, second]), x[:, :3].argmax(1)).backward()
    optimizer.step()
"""


def test_each_line_that_makes_probabilities_is_cured_at_once(tmp_path: Path) -> None:
    (tmp_path / "program").mkdir()
    program = tmp_path / "program" / "train.py"
    program.write_text(TWO_HEADS)
    result = cure(program, tmp_path, "WF101")
    assert result.verdict("WF101").verdict == "clear"
    assert "first = net(x[:8])\n    second = net(x[8:])\n" in result.new


def test_nothing_is_left_to_fix(tmp_path: Path) -> None:
    healthy = tmp_path / "train.py"
    healthy.write_text(FROZEN.replace("net[0].requires_grad_(False)\n", ""))
    _, findings = edited(healthy, "WF304")
    assert findings == ()
