"""Editors of optimizers, layers, weights and data."""

from pathlib import Path

import pytest
from editing import edited, fix_of, refused

HEAD = "import torch\nfrom torch import nn\nimport torch.nn.functional as F\n"
MAKE = "opt = torch.optim."

OPTIMIZERS = [
    ("WF308", "Adam(p, weight_decay=0.1)", "AdamW(p, weight_decay=0.1)", {"kind": "Adam"}),
    ("WF308", "NAdam(p, 1e-3)", "NAdam(p, 1e-3, decoupled_weight_decay=True)", {"kind": "NAdam"}),
    ("WF309", "SGD(p, lr=30.0)", "SGD(p, lr=0.3)", {"factor": 0.01}),
    ("WF310", "SGD(p, lr=1e-5)", "SGD(p, lr=0.01)", {"factor": 1000.0}),
    ("WF309", "SGD(p, 3)", "SGD(p, 0.3)", {"factor": 0.1}),
    ("WF309", "SGD(p, lr=a.rate)", "SGD(p, lr=a.rate * 0.01)", {"factor": 0.01}),
    ("WF309", "SGD(p, lr=a + b)", "SGD(p, lr=(a + b) * 0.1)", {"factor": 0.1}),
    ("WF309", "Adam(p)", "Adam(p, lr=0.0001)", {"factor": 0.1, "rate": 1e-3}),
    ("WF307", "SGD(p, lr=1 // 2)", "SGD(p, lr=1 / 2)", {}),
    ("WF307", "SGD(p, lr=0.0)", "SGD(p, lr=1e-2)", {}),
    ("WF307", "AdamW(p, lr=0)", "AdamW(p, lr=1e-3)", {}),
    ("WF301", "Adam(net.head.parameters())", "Adam(net.parameters())", {"names": ("body.weight",)}),
    ("WF301", "Adam(list(net.head.parameters()))", "Adam(net.parameters())", {"names": ("body.weight",)}),
    (
        "WF301",
        "Adam([*self.net.a.parameters(), *self.net.b.parameters()])",
        "Adam(self.net.parameters())",
        {"names": ("body.0.weight",)},
    ),
    (
        "WF301",
        "Adam(list(net.a.parameters()) + list(net.b.parameters()))",
        "Adam(net.parameters())",
        {"names": ("c.bias",)},
    ),
    (
        "WF304",
        "Adam(net.parameters(), 1e-3)",
        "Adam([p for p in net.parameters() if p.requires_grad], 1e-3)",
        {"all_frozen": True},
    ),
]


@pytest.mark.parametrize(("rule", "line", "cured", "details"), OPTIMIZERS)
def test_optimizer_is_made_anew(tmp_path: Path, rule: str, line: str, cured: str, details) -> None:
    assert edited(tmp_path, rule, f"{HEAD}{MAKE}{line}  # <-\n", **details) == f"{HEAD}{MAKE}{cured}  # <-\n"


@pytest.mark.parametrize(
    ("rule", "line", "details"),
    [
        ("WF308", "Adamax(p)", {"kind": "Adamax"}),
        ("WF308", "Adam(p)", {"kind": "MyAdam"}),
        ("WF309", "SGD(p, **settings)", {}),
        ("WF307", "SGD(p, lr=rate(0))", {}),
        ("WF307", "SGD(p, lr=1 // 2)", {"scheduled": True}),
        ("WF301", "Adam(parameters)", {"names": ("a",)}),
        ("WF301", "Adam(net.parameters())", {"names": ("a",)}),
        ("WF304", "Adam(net.parameters())", {"all_frozen": False}),
    ],
)
def test_optimizer_that_is_not_certain_is_left_alone(tmp_path: Path, rule: str, line: str, details) -> None:
    assert refused(tmp_path, rule, f"{HEAD}{MAKE}{line}  # <-\n", **details)


def test_constant_of_the_rate_is_changed_where_it_stands(tmp_path: Path) -> None:
    program = f"{HEAD}RATE = 1 // 10\n{MAKE}SGD(p, lr=RATE)  # <-\n"
    assert edited(tmp_path, "WF307", program) == program.replace("//", "/")


def test_bare_class_is_exchanged_with_its_import(tmp_path: Path) -> None:
    program = "from torch.optim import Adam\nopt = Adam(p, weight_decay=1)  # <-\n"
    cured = edited(tmp_path, "WF308", program, kind="Adam")
    assert cured == "from torch.optim import AdamW, Adam\nopt = AdamW(p, weight_decay=1)  # <-\n"


def test_groups_keep_their_settings_and_get_what_is_missing(tmp_path: Path) -> None:
    program = f"{HEAD}opt = torch.optim.AdamW(groups(net))  # <-\nrun()\n"
    cured = program.replace("run()", 'opt.add_param_group({"params": net.head.parameters()})\nrun()')
    assert edited(tmp_path, "WF301", program, names=("head.weight", "head.bias")) == cured


def test_optimizer_moves_behind_the_last_change_with_its_schedule(tmp_path: Path) -> None:
    program = f"""{HEAD}opt = torch.optim.SGD(net.parameters(), 1)  # <-
plan = torch.optim.lr_scheduler.StepLR(opt, 2)
net.head = nn.Linear(2, 2)
size = 3
"""
    lines = program.splitlines(keepends=True)
    assert edited(tmp_path, "WF302", program) == "".join([*lines[:3], lines[5], lines[3], lines[4], lines[6]])


def test_optimizer_moves_no_further_than_to_the_training(tmp_path: Path) -> None:
    program = f"{HEAD}opt = torch.optim.SGD(net.parameters(), 1)  # <-\nnet.head = nn.Linear(2, 2)\ntrain(net, opt)\n"
    lines = program.splitlines(keepends=True)
    assert edited(tmp_path, "WF302", program) == "".join([*lines[:3], lines[4], lines[3], lines[5]])


def test_optimizer_stays_where_no_change_follows(tmp_path: Path) -> None:
    assert refused(tmp_path, "WF302", f"{HEAD}opt = torch.optim.SGD(net.parameters(), 1)  # <-\nx = 1\n")


@pytest.mark.parametrize(
    "freezing", ["for p in net.parameters():\n    p.requires_grad = False\n", "net.requires_grad_(False)\n"]
)
def test_only_freezing_goes(tmp_path: Path, freezing: str) -> None:
    program = f"{HEAD}{freezing}opt = torch.optim.SGD(net.parameters(), 1)  # <-\n"
    assert edited(tmp_path, "WF303", program) == program.replace(freezing, "")
    assert refused(tmp_path, "WF303", program.replace(freezing, freezing * 2))


REGISTERED = [
    ("[nn.Linear(8, 8)]", "nn.ModuleList", "nn.ModuleList([nn.Linear(8, 8)])"),
    ("(nn.ReLU(), nn.ReLU())", "nn.ModuleList", "nn.ModuleList((nn.ReLU(), nn.ReLU()))"),
    ("nn.ReLU(), nn.ReLU()", "nn.ModuleList", "nn.ModuleList([nn.ReLU(), nn.ReLU()])"),
    ("{'a': nn.ReLU()}", "nn.ModuleDict", "nn.ModuleDict({'a': nn.ReLU()})"),
    ("build(3)", "nn.ModuleList", "nn.ModuleList(build(3))"),
    ("[nn.ReLU()  # first\n]", "nn.ModuleList", "nn.ModuleList([nn.ReLU()  # first\n])"),
    ("torch.randn(2)", "nn.Parameter", "nn.Parameter(torch.randn(2))"),
]


@pytest.mark.parametrize(("value", "wrapper", "cured"), REGISTERED)
def test_layers_are_registered(tmp_path: Path, value: str, wrapper: str, cured: str) -> None:
    program = f"{HEAD}self.layers = {value}  # <-\n"
    result = edited(tmp_path, "WF401", program, attribute="layers", wrapper=wrapper)
    assert result == f"{HEAD}self.layers = {cured}  # <-\n"


@pytest.mark.parametrize(
    "line", ["layers = [nn.ReLU()]", "self.a = self.layers = []", "self.layers = [[nn.ReLU()]]", "self.layers = {1: 2}"]
)
def test_container_that_is_not_certain_is_left_alone(tmp_path: Path, line: str) -> None:
    assert refused(tmp_path, "WF401", f"{HEAD}{line}  # <-\n", attribute="layers", wrapper="nn.ModuleList")


CUTS = [
    ("x = x.detach()  # <-\n", "detach", ""),
    ("code = enc(x).detach()  # <-\n", "detach", "code = enc(x)  # <-\n"),
    ("out = dec(enc(x).data, y)  # <-\n", "data", "out = dec(enc(x), y)  # <-\n"),
    ("out = torch.from_numpy(x.detach().numpy())  # <-\n", "numpy", "out = x  # <-\n"),
]


@pytest.mark.parametrize(("line", "operation", "cured"), CUTS)
def test_cut_is_taken_away(tmp_path: Path, line: str, operation: str, cured: str) -> None:
    assert edited(tmp_path, "WF402", f"{HEAD}{line}y = 1\n", operation=operation) == f"{HEAD}{cured}y = 1\n"


@pytest.mark.parametrize(
    "program",
    [
        "with torch.no_grad():\n    x = enc(x)  # <-\n",
        "@torch.no_grad()\ndef forward(self, x):\n    return enc(x)  # <-\n",
    ],
)
def test_gradients_are_switched_on(tmp_path: Path, program: str) -> None:
    fix = fix_of(tmp_path, "WF402", f"{HEAD}{program}", operation="linear", without_gradients=True)
    assert edited(tmp_path, "WF402", f"{HEAD}{program}", operation="linear", without_gradients=True) == (
        f"{HEAD}{program}".replace("no_grad", "enable_grad")
    )
    assert fix.safe is False


VIEWS = [
    ("y = x.reshape(n, -1)", "reshape", "y = x.transpose(0, 1).reshape(n, -1)"),
    ("y = x.view(n, -1)", "view", "y = x.transpose(0, 1).reshape(n, -1)"),
    ("y = torch.flatten(a + b, 1)", "flatten", "y = torch.flatten((a + b).transpose(0, 1), 1)"),
]


@pytest.mark.parametrize(("line", "operation", "cured"), VIEWS)
def test_samples_come_first(tmp_path: Path, line: str, operation: str, cured: str) -> None:
    details = {"operation": operation, "batch_dim": 1, "rows": 4, "made": (4, 8)}
    assert edited(tmp_path, "WF403", f"{HEAD}{line}  # <-\n", **details) == f"{HEAD}{cured}  # <-\n"
    assert refused(tmp_path, "WF403", f"{HEAD}{line}  # <-\n", **{**details, "made": (8, 4)})


DIMS = [
    ("y = F.softmax(x, dim=0)", "softmax", "y = F.softmax(x, dim=-1)"),
    ("y = x.softmax(0)", "softmax", "y = x.softmax(-1)"),
    ("y = torch.softmax(x, 0)", "softmax", "y = torch.softmax(x, -1)"),
    ("y = F.gumbel_softmax(x, dim=0)", "gumbel_softmax", "y = F.gumbel_softmax(x, dim=-1)"),
    ("net = nn.Sequential(nn.Softmax())", "softmax", "net = nn.Sequential(nn.Softmax(dim=-1))"),
]


@pytest.mark.parametrize(("line", "operation", "cured"), DIMS)
def test_softmax_runs_along_the_classes(tmp_path: Path, line: str, operation: str, cured: str) -> None:
    assert edited(tmp_path, "WF404", f"{HEAD}{line}  # <-\n", operation=operation) == f"{HEAD}{cured}  # <-\n"


LAYERS = """from torch import nn
class Net(nn.Module):
    def __init__(self):
        {made}
    def forward(self, x):
        return self.rows(x)  # <-
"""


@pytest.mark.parametrize(
    ("made", "layer", "first", "cured"),
    [
        ("self.rows = nn.LSTM(8, 24)", "LSTM", True, "self.rows = nn.LSTM(8, 24, batch_first=True)"),
        ("self.rows = nn.GRU(8, 24, batch_first=True)", "GRU", False, "self.rows = nn.GRU(8, 24)"),
        (
            "self.rows = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2)",
            "MultiheadAttention",
            True,
            "self.rows = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, batch_first=True), 2)",
        ),
        (
            "self.rows = nn.LSTM(\n            8,\n            24,\n        )",
            "LSTM",
            True,
            "self.rows = nn.LSTM(\n            8,\n            24,\n            batch_first=True,\n        )",
        ),
    ],
)
def test_layer_is_told_where_the_samples_lie(tmp_path: Path, made: str, layer: str, first: bool, cured: str) -> None:
    program = LAYERS.format(made=made)
    assert edited(tmp_path, "WF405", program, layer=layer, batch_first=first) == LAYERS.format(made=cured)


@pytest.mark.parametrize(
    ("line", "cured"),
    [
        ("nn.init.constant_(m.weight, 1)", "nn.init.kaiming_uniform_(m.weight)"),
        ("torch.nn.init.zeros_(w)", "nn.init.normal_(w, std=0.02)"),
        ("m.weight.data.fill_(0.5)", "nn.init.kaiming_uniform_(m.weight)"),
        ("w = nn.Parameter(torch.zeros(3, 4))", "w = nn.Parameter(torch.randn(3, 4) * 0.02)"),
    ],
)
def test_weights_are_drawn(tmp_path: Path, line: str, cured: str) -> None:
    assert edited(tmp_path, "WF501", f"{HEAD}{line}  # <-\n") == f"{HEAD}{cured}  # <-\n"


def test_inputs_are_standardized_where_they_are_made(tmp_path: Path) -> None:
    program = f"{HEAD}rows = torch.tensor(table)\nout = net(rows[batch])  # <-\n"
    line = "rows = (rows - rows.mean(dim=0)) / rows.std(dim=0).clamp_min(1e-8)\n"
    assert edited(tmp_path, "WF601", program, features=3) == program.replace("out =", f"{line}out =")


def test_model_of_a_function_begins_with_batch_norm(tmp_path: Path) -> None:
    program = f"{HEAD}def build():\n    return nn.Sequential(nn.Linear(3, 1))\nnet = build()\nout = net(x)  # <-\n"
    cured = edited(tmp_path, "WF601", program, features=3)
    assert cured == program.replace("nn.Linear", "nn.BatchNorm1d(3), nn.Linear")


LOADERS = [
    ("DataLoader(data, batch_size=16)", "DataLoader(data, batch_size=16, shuffle=True)"),
    ("DataLoader(data, shuffle=False)", "DataLoader(data, shuffle=True)"),
    ("DataLoader(data, 16, False)", "DataLoader(data, 16, True)"),
    ("DataLoader(data, 16, )", "DataLoader(data, 16, shuffle=True, )"),
    ("DataLoader(data, sampler=None)", "DataLoader(data, sampler=None, shuffle=True)"),
    ("DataLoader(\n    data,  # rows\n    16,\n)", "DataLoader(\n    data,  # rows\n    16,\n    shuffle=True,\n)"),
]


@pytest.mark.parametrize(("line", "cured"), LOADERS)
def test_loader_is_shuffled(tmp_path: Path, line: str, cured: str) -> None:
    head = "from torch.utils.data import DataLoader\nloader = "
    assert edited(tmp_path, "WF602", f"{head}{line}  # <-\n", loader="sequential") == f"{head}{cured}  # <-\n"


@pytest.mark.parametrize("line", ["DataLoader(data, sampler=order)", "DataLoader(data, **options)", "Loader(data)"])
def test_loader_that_is_not_certain_is_left_alone(tmp_path: Path, line: str) -> None:
    head = "from torch.utils.data import DataLoader\nloader = "
    assert refused(tmp_path, "WF602", f"{head}{line}  # <-\n", loader="sequential")


METHOD = (
    "import torch\nfrom torch.nn import functional as F\nclass N:\n    def forward(me, x):\n        return {}  # <-\n"
)


@pytest.mark.parametrize(
    ("operation", "line", "cured"),
    [
        ("dropout", "F.dropout(x, 0.3)", "F.dropout(x, 0.3, training=me.training)"),
        ("dropout", "F.dropout(x, 0.3, True)", "F.dropout(x, 0.3, me.training)"),
        ("dropout", "torch.dropout(x, 0.3, train=True)", "torch.dropout(x, 0.3, train=me.training)"),
        (
            "scaled_dot_product_attention",
            "F.scaled_dot_product_attention(q, k, v, dropout_p=0.1)",
            "F.scaled_dot_product_attention(q, k, v, dropout_p=0.1 if me.training else 0.0)",
        ),
    ],
)
def test_dropout_follows_the_mode(tmp_path: Path, operation: str, line: str, cured: str) -> None:
    assert edited(tmp_path, "WF702", METHOD.format(line), operation=operation) == METHOD.format(cured)


def test_dropout_outside_a_method_is_left_alone(tmp_path: Path) -> None:
    program = "import torch.nn.functional as F\ndef f(x):\n    return F.dropout(x)  # <-\n"
    assert "no method" in refused(tmp_path, "WF702", program, operation="dropout")


@pytest.mark.parametrize("rule", ["WF603", "WF801"])
def test_rule_without_an_editor_says_why(tmp_path: Path, rule: str) -> None:
    assert "to decide" in refused(tmp_path, rule, f"{HEAD}x = 1  # <-\n")
