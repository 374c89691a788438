"""Editors of the losses: each style in which people write the same call."""

from pathlib import Path

import pytest
from editing import edited, fix_of, refused

from wellfit.model.place import Place

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"

DROPPED = [
    ("return F.softmax(head(x), dim=-1)  # <-", "return head(x)  # <-"),
    ("return torch.softmax(x, 1)  # <-", "return x  # <-"),
    ("out = head(x).softmax(dim=1)  # <-", "out = head(x)  # <-"),
    ("out = nn.functional.softmax(input=x, dim=1)  # <-", "out = x  # <-"),
    ("out = F.softmax(a + b, dim=1)  # <-", "out = a + b  # <-"),
    ("out = 2 * F.softmax(a + b, dim=1)  # <-", "out = 2 * (a + b)  # <-"),
    ("out = (F.softmax(é, dim=1), 'ü')  # <-", "out = (é, 'ü')  # <-"),
    ("loss = F.cross_entropy(F.softmax(x, 1), y)  # <-", "loss = F.cross_entropy(x, y)  # <-"),
    ("if ready: out = F.softmax(x, 1)  # <-", "if ready: out = x  # <-"),
    ("a = 1; b = F.softmax(x, 1); c = 2  # <-", "a = 1; b = x; c = 2  # <-"),
    ("out = F.softmax(\n    head(x),\n    dim=1,\n)  # <-", "out = head(x)  # <-"),
    ("out = F.softmax(\n    a\n    + b,\n    dim=1,\n)  # <-", "out = (a\n    + b)  # <-"),
    ("out = (\n    head(x)\n    .softmax(1)  # <-\n    .squeeze()\n)", "out = (\n    head(x)  # <-\n    .squeeze()\n)"),
    ("with ctx(F.softmax(x, 1)):  # <-\n    pass", "with ctx(x):  # <-\n    pass"),
    ("f = lambda x: F.softmax(x, 1)  # <-", "f = lambda x: x  # <-"),
]


@pytest.mark.parametrize(("line", "cured"), DROPPED)
def test_softmax_is_dropped(tmp_path: Path, line: str, cured: str) -> None:
    assert edited(tmp_path, "WF101", f"{HEAD}{line}\n") == f"{HEAD}{cured}\n"


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from torch.nn.functional import softmax as sm", "sm(x, dim=1)"),
        ("from torch.nn import functional", "functional.softmax(x, 1)"),
        ("import torch as t", "t.nn.functional.softmax(x, 1)"),
        ("import torch\nF = torch.nn.functional", "F.softmax(x, dim=1)"),
    ],
)
def test_softmax_is_known_by_what_it_is_imported_as(tmp_path: Path, imports: str, call: str) -> None:
    assert edited(tmp_path, "WF101", f"{imports}\nout = {call}  # <-\n") == f"{imports}\nout = x  # <-\n"


MODULE = """from torch import nn
class Net(nn.Module):
    def __init__(self):
        self.softmax = nn.Softmax(dim=1)
        self.head, self.other = nn.Linear(2, 2), nn.Linear(2, 2)
    def forward(self, x):
        return self.softmax(self.head(x))  # <-
"""


def test_module_s_call_is_dropped_where_it_is_used(tmp_path: Path) -> None:
    assert edited(tmp_path, "WF101", MODULE) == MODULE.replace("self.softmax(self.head(x))", "self.head(x)")


@pytest.mark.parametrize(
    ("layers", "cured"),
    [
        ("nn.Linear(2, 2), nn.Softmax(dim=1)", "nn.Linear(2, 2)"),
        ("nn.Linear(2, 2), nn.Softmax(dim=1),", "nn.Linear(2, 2),"),
        ("nn.Softmax(dim=1), nn.Dropout()", "nn.Identity(), nn.Dropout()"),
        ("nn.Softmax(dim=1)", "nn.Identity()"),
    ],
)
def test_layer_leaves_its_sequential(tmp_path: Path, layers: str, cured: str) -> None:
    assert edited(tmp_path, "WF101", f"{HEAD}net = nn.Sequential({layers})  # <-\n") == (
        f"{HEAD}net = nn.Sequential({cured})  # <-\n"
    )


def test_layer_leaves_with_its_line(tmp_path: Path) -> None:
    before = f"{HEAD}net = nn.Sequential(\n    nn.Linear(2, 2),  # scores\n"
    program = f"{before}    nn.Softmax(dim=1),  # <-\n)\n"
    assert edited(tmp_path, "WF101", program) == f"{before})\n"


def test_layer_in_a_list_becomes_an_identity(tmp_path: Path) -> None:
    program = "from torch.nn import Linear, Softmax\nlayers = [Linear(2, 2)]\nlayers.append(Softmax(dim=1))  # <-\n"
    cured = edited(tmp_path, "WF101", program)
    assert "from torch import nn\n" in cured
    assert cured.endswith("layers.append(nn.Identity())  # <-\n")


@pytest.mark.parametrize(
    "line",
    [
        "return body(x)  # <-",
        "a, b = F.softmax(x, 1), F.softmax(y, 1)  # <-",
        "out = F.softmax(*arguments)  # <-",
        "out = own.tools.soften(x)  # <-",
        "out = F.softmax(  # the scores\n    x, 1)  # <-",
    ],
)
def test_softmax_that_is_not_certain_is_left_alone(tmp_path: Path, line: str) -> None:
    assert refused(tmp_path, "WF101", f"{HEAD}def f(x):\n    {line}\n")


def test_file_that_is_no_python_any_more_is_left_alone(tmp_path: Path) -> None:
    assert refused(tmp_path, "WF101", f"{HEAD}return F.softmax(x, 1)  # <-\n)\n") == "the file cannot be parsed"


@pytest.mark.parametrize("deep", [f"x = {' + '.join(['a'] * 4000)}", f"x = {'(' * 150}a{')' * 150}"])
def test_program_nested_beyond_measure_gets_no_edit_or_a_right_one(tmp_path: Path, deep: str) -> None:
    fix = fix_of(tmp_path, "WF101", f"{HEAD}{deep}\nout = F.softmax(x, 1)  # <-\n")
    assert bool(fix.changes) != bool(fix.withheld)


def test_all_places_that_make_probabilities_are_changed(tmp_path: Path) -> None:
    program = f"{HEAD}a = F.softmax(x, 1)  # <-\nb = F.softmax(y, 1)  # <- also\n"
    cured = edited(tmp_path, "WF101", program, also=(Place(str(tmp_path / "train.py"), 5, "f"),))
    assert cured == f"{HEAD}a = x  # <-\nb = y  # <- also\n"


@pytest.mark.parametrize(
    ("reader", "safe"),
    [
        ("right = (scores > 0.5).sum()", False),
        ("right = scores.round()", False),
        ("right = scores.argmax(1)", True),
        ("flip = torch.rand(1) > 0.5", True),
        ("many = epochs > 5", True),
    ],
)
def test_readers_of_probabilities_make_it_unsafe(tmp_path: Path, reader: str, safe: bool) -> None:
    fix = fix_of(tmp_path, "WF104", f"{HEAD}out = torch.sigmoid(x)  # <-\n{reader}\n", operation="sigmoid")
    assert fix.safe is safe


def test_readers_of_log_probabilities_make_it_unsafe(tmp_path: Path) -> None:
    program = f"{HEAD}out = F.log_softmax(x, 1)  # <-\nshares = out.exp()\n"
    assert fix_of(tmp_path, "WF102", program, operation="log_softmax").safe is False


RENAMED = [
    ("WF103", "scores", "loss = F.nll_loss(net(x), y)", "loss = F.cross_entropy(net(x), y)"),
    ("WF103", "probabilities", "p = F.softmax(x, dim=1)", "p = F.log_softmax(x, dim=1)"),
    ("WF103", "probabilities", "p = x.softmax(1)", "p = x.log_softmax(1)"),
    ("WF103", "probabilities", "p = torch.softmax(x, 1)", "p = torch.log_softmax(x, 1)"),
    ("WF103", "probabilities", "net = nn.Sequential(nn.Softmax(1))", "net = nn.Sequential(nn.LogSoftmax(1))"),
    ("WF105", "scores", "l = F.binary_cross_entropy(x, y)", "l = F.binary_cross_entropy_with_logits(x, y)"),
    ("WF105", "clamped", "p = x.clamp(0, 1)", "p = torch.sigmoid(x)"),
    ("WF105", "clamped", "p = torch.clamp(a + b, min=0.0, max=1.0)", "p = torch.sigmoid(a + b)"),
    ("WF105", "clamped", "p = x.clamp(min=0, max=1).mean()", "p = torch.sigmoid(x).mean()"),
]


@pytest.mark.parametrize(("rule", "given", "line", "cured"), RENAMED)
def test_function_is_exchanged(tmp_path: Path, rule: str, given: str, line: str, cured: str) -> None:
    assert edited(tmp_path, rule, f"{HEAD}{line}  # <-\n", given=given) == f"{HEAD}{cured}  # <-\n"


def test_criterion_is_exchanged_where_it_is_made(tmp_path: Path) -> None:
    program = f"{HEAD}criterion = nn.NLLLoss(reduction='sum')\nloss = criterion(net(x), y)  # <-\n"
    cured = edited(tmp_path, "WF103", program, given="scores")
    assert cured == program.replace("NLLLoss", "CrossEntropyLoss")


def test_bare_name_is_exchanged_with_its_import(tmp_path: Path) -> None:
    program = "from torch.nn.functional import nll_loss\nloss = nll_loss(net(x), y)  # <-\n"
    cured = edited(tmp_path, "WF103", program, given="scores")
    assert "from torch.nn import functional as F\n" in cured
    assert "loss = F.cross_entropy(net(x), y)  # <-\n" in cured


def test_clamp_to_other_ends_is_left_alone(tmp_path: Path) -> None:
    assert "not one to [0, 1]" in refused(tmp_path, "WF105", f"{HEAD}p = x.clamp(-1, 1)  # <-\n", given="clamped")


SHAPES = [
    ("loss = ((net(x) - y) ** 2).mean()", "sub", (8, 1), (8,), "loss = ((net(x).squeeze(-1) - y) ** 2).mean()"),
    ("loss = ((y - net(x)) ** 2).mean()", "sub", (8,), (8, 1), "loss = ((y - net(x).squeeze(-1)) ** 2).mean()"),
    ("loss = F.mse_loss(net(x), y)", "mse_loss", (8, 1), (8,), "loss = F.mse_loss(net(x).squeeze(-1), y)"),
    ("loss = F.mse_loss(p, target=t)", "mse_loss", (8,), (8, 1), "loss = F.mse_loss(p, target=t.squeeze(-1))"),
    ("loss = (2 * (a + b) - y).abs()", "sub", (8, 1), (8,), "loss = ((2 * (a + b)).squeeze(-1) - y).abs()"),
    ("loss = F.l1_loss(p, t)", "l1_loss", (8, 1, 3), (8, 3), "loss = F.l1_loss(p.squeeze(1), t)"),
]


@pytest.mark.parametrize(("line", "operation", "left", "right", "cured"), SHAPES)
def test_operand_is_squeezed(tmp_path: Path, line, operation, left, right, *, cured: str) -> None:
    details = {"operation": operation, "left": left, "right": right}
    assert edited(tmp_path, "WF106", f"{HEAD}{line}  # <-\n", **details) == f"{HEAD}{cured}  # <-\n"


def test_criterion_s_operand_is_squeezed(tmp_path: Path) -> None:
    program = f"{HEAD}criterion = nn.MSELoss()\nloss = criterion(net(x), y)  # <-\n"
    cured = edited(tmp_path, "WF106", program, operation="mse_loss", left=(8, 1), right=(8,))
    assert cured == program.replace("net(x)", "net(x).squeeze(-1)")


@pytest.mark.parametrize(
    ("line", "left", "right"),
    [("loss = (a - b) * (c - d)", (8, 1), (8,)), ("loss = a - b", (8, 1, 1), (8,)), ("loss = a - b", (8, 8), (8,))],
)
def test_operand_that_is_not_certain_is_left_alone(tmp_path: Path, line: str, left: tuple, right: tuple) -> None:
    assert refused(tmp_path, "WF106", f"{HEAD}{line}  # <-\n", operation="sub", left=left, right=right)


UNWRAPPED = [
    ("loss = torch.tensor(loss.item(), requires_grad=True)  # <-\n", ""),
    ("loss = torch.tensor(float(loss)).requires_grad_()  # <-\n", ""),
    ("total = torch.as_tensor(loss.detach().numpy())  # <-\n", "total = loss  # <-\n"),
    ("loss = loss.data; loss.backward()  # <-\n", None),
]


@pytest.mark.parametrize(("line", "cured"), UNWRAPPED)
def test_loss_is_unwrapped(tmp_path: Path, line: str, cured: str | None) -> None:
    if cured is None:
        assert refused(tmp_path, "WF107", f"{HEAD}{line}")
        return
    assert edited(tmp_path, "WF107", f"{HEAD}{line}loss.backward()\n") == f"{HEAD}{cured}loss.backward()\n"
    assert fix_of(tmp_path, "WF107", f"{HEAD}{line}").safe is False


def test_statement_alone_in_its_block_leaves_pass(tmp_path: Path) -> None:
    program = f"{HEAD}if odd:\n    loss = torch.tensor(loss.item())  # <-\nloss.backward()\n"
    assert edited(tmp_path, "WF107", program) == f"{HEAD}if odd:\n    pass  # <-\nloss.backward()\n"


@pytest.mark.parametrize(
    ("operation", "line", "cured", "safe"),
    [
        ("log", "loss = torch.log(p).mean()", "loss = torch.log(p.clamp_min(1e-8)).mean()", True),
        ("log", "loss = (a / b).log().mean()", "loss = (a / b).clamp_min(1e-8).log().mean()", True),
        ("sqrt", "d = (x - y).square().sum(1).sqrt()", "d = (x - y).square().sum(1).clamp_min(1e-8).sqrt()", True),
        ("div", "x = a / b", "x = a / (b + 1e-8)", False),
        ("div", "x = a / (b + c)", "x = a / (b + c + 1e-8)", False),
    ],
)
def test_operand_is_guarded(tmp_path: Path, operation: str, line: str, cured: str, safe: bool) -> None:
    program = f"{HEAD}{line}  # <-\n"
    assert edited(tmp_path, "WF802", program, operation=operation) == f"{HEAD}{cured}  # <-\n"
    assert fix_of(tmp_path, "WF802", program, operation=operation).safe is safe
