from pathlib import Path

import pytest
from building import finding_in, found, report_of, write_program

from wellfit.fix.edits import write_edits
from wellfit.model.place import Place, Related
from wellfit.model.rule import Fix
from wellfit.report.source import read_sources

HEAD = "import torch\nfrom torch import nn\nfrom torch.nn import functional as F\n"


def edited(folder: Path, rule: str, line: str, *, title: str = "cure it", related: str | None = None) -> str | None:
    """What becomes of the fourth line of a program."""
    file = write_program(folder, f"{HEAD}{line}\n{related or ''}\n")
    places = (Related(Place(file, 5, "train"), "steps here"),) if related else ()
    finding = finding_in(file, where=Place(file, 4, "train"), fix=Fix(title), related=places)
    report = report_of(found(finding, rule=rule))
    return write_edits(report, read_sources(report)).verdicts[0].findings[0].fix.replacement


@pytest.mark.parametrize(
    ("line", "cured"),
    [
        ("return F.softmax(head(x), dim=-1)", "return head(x)"),
        ("return torch.softmax(x, 1)  # probabilities", "return x  # probabilities"),
        ("out = head(x).softmax(dim=1)", "out = head(x)"),
        ("out = torch.nn.functional.softmax(input=x, dim=1)", "out = x"),
        ("out = F.softmax(a + b, dim=1)", "out = a + b"),
        ("out = 2 * F.softmax(a + b, dim=1)", "out = 2 * (a + b)"),
        ("out = (F.softmax(é, dim=1), 'ü')", "out = (é, 'ü')"),
    ],
)
def test_softmax_is_dropped(tmp_path: Path, line: str, cured: str) -> None:
    assert edited(tmp_path, "WF101", line) == cured


@pytest.mark.parametrize(
    "line",
    [
        "return body(x)",
        "self.softmax = nn.Softmax(dim=1)",
        "a, b = F.softmax(x, 1), F.softmax(y, 1)",
        "out = F.softmax(",
        "if ready: out = F.softmax(x, 1)",
        "out = F.softmax(*arguments)",
    ],
)
def test_softmax_that_is_not_certain_is_left_alone(tmp_path: Path, line: str) -> None:
    assert edited(tmp_path, "WF101", line) is None


def test_probabilities_are_made_log_probabilities(tmp_path: Path) -> None:
    assert edited(tmp_path, "WF103", "return F.softmax(x, dim=1)") == "return F.log_softmax(x, dim=1)"


def test_raw_scores_go_to_cross_entropy(tmp_path: Path) -> None:
    assert edited(tmp_path, "WF103", "loss = F.nll_loss(net(x), y)") == "loss = F.cross_entropy(net(x), y)"


def test_bare_name_is_not_renamed(tmp_path: Path) -> None:
    assert edited(tmp_path, "WF103", "loss = nll_loss(net(x), y)") is None


@pytest.mark.parametrize(
    ("step", "cured"),
    [
        ("optimizer.step()", "optimizer.zero_grad()\nloss.backward()"),
        ("self.optimizers['main'].step()", "self.optimizers['main'].zero_grad()\nloss.backward()"),
        ("scaler.step(optimizer)", None),
        ("train_one(x)", None),
    ],
)
def test_gradients_are_cleared_before_backward(tmp_path: Path, step: str, cured: str | None) -> None:
    assert edited(tmp_path, "WF201", "loss.backward()", related=step) == cured


@pytest.mark.parametrize(
    ("line", "cured"),
    [
        ("loader = DataLoader(data, batch_size=16)", "loader = DataLoader(data, batch_size=16, shuffle=True)"),
        ("loader = DataLoader(data, shuffle=False)", "loader = DataLoader(data, shuffle=True)"),
        ("loader = DataLoader(data, 16, )", "loader = DataLoader(data, 16, shuffle=True)"),
        ("loader = DataLoader(data, sampler=order)", None),
        ("loader = DataLoader(data, **options)", None),
        ("loader = DataLoader(data, 16, False)", None),
    ],
)
def test_loader_is_shuffled(tmp_path: Path, line: str, cured: str | None) -> None:
    assert edited(tmp_path, "WF602", line) == cured


@pytest.mark.parametrize(
    ("line", "title", "cured"),
    [
        (
            "self.hidden = [nn.Linear(8, 8)]",
            "make hidden an nn.ModuleList",
            "self.hidden = nn.ModuleList([nn.Linear(8, 8)])",
        ),
        (
            "self.hidden = {'a': nn.ReLU()}",
            "make hidden an nn.ModuleDict",
            "self.hidden = nn.ModuleDict({'a': nn.ReLU()})",
        ),
        ("self.hidden = build()", "make hidden an nn.ModuleList", None),
        ("self.hidden = {'a': 1}", "make hidden an nn.ModuleList", None),
        ("hidden = [nn.Linear(8, 8)]", "make hidden an nn.ModuleList", None),
    ],
)
def test_layers_are_registered(tmp_path: Path, line: str, title: str, cured: str | None) -> None:
    assert edited(tmp_path, "WF401", line, title=title) == cured


def test_rule_without_an_editor_keeps_its_words(tmp_path: Path) -> None:
    assert edited(tmp_path, "WF999", "return F.softmax(x, 1)") is None


def test_replacement_of_the_rule_stands(tmp_path: Path) -> None:
    file = write_program(tmp_path)
    report = report_of(found(finding_in(file)))
    assert write_edits(report, read_sources(report)) == report


def test_file_that_is_no_python_any_more_is_left_alone(tmp_path: Path) -> None:
    file = write_program(tmp_path, f"{HEAD}return F.softmax(x, 1)\n)\n")
    report = report_of(found(finding_in(file, where=Place(file, 4, "f"), fix=Fix("cure it"))))
    assert write_edits(report, read_sources(report)) == report
