"""What is told of a run beside its recipe, on small scripts in forked children."""

import pytest
from running import run_watched

from wellfit.model.events.recipe import RecipeCompared
from wellfit.model.wishes import Wishes

DIGITS = """
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
"""

DECODER = (
    DIGITS
    + """
tokens = (x * 16).long()
loader = DataLoader(TensorDataset(tokens[:, :-1], tokens[:, 1:]), batch_size=32)

class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = nn.Embedding(17, 16)
        self.block = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.1, batch_first=True)
        self.head = nn.Linear(16, 17)
        self.register_buffer("mask", torch.triu(torch.ones(63, 63, dtype=torch.bool), 1))

    def forward(self, tokens):
        return self.head(self.block(self.embed(tokens), src_mask=self.mask))

model = Decoder()
flat = [p for p in model.parameters() if p.dim() < 2]
rest = [p for p in model.parameters() if p.dim() > 1]
optimizer = torch.optim.AdamW([{"params": rest}, {"params": flat, "weight_decay": 0}], lr=1e-3, weight_decay=0.1)
scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=171)
for inputs, targets in loader:
    loss = nn.functional.cross_entropy(model(inputs).transpose(1, 2), targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    scheduler.step()
"""
)

TWO = """
import torch
from torch import nn

torch.manual_seed(0)
large, small = nn.Linear(64, 64), nn.Linear(64, 1)
first = torch.optim.Adam(small.parameters(), lr=1e-3)
second = torch.optim.SGD(large.parameters(), lr=1e-2)
for step in range(100):
    loss = small(large(torch.randn(8, 64))).square().mean()
    loss.backward()
    first.step()
    second.step()
"""

LOOP = (
    DIGITS
    + """
data = TensorDataset(x, y)
model = nn.Linear(64, 10)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
SETUP
HEAD:
    for inputs, targets in DataLoader(data, batch_size=64):
        nn.functional.cross_entropy(model(inputs), targets).backward()
        STEP
"""
)
STEP = "optimizer.step(); optimizer.zero_grad()"


def compared(tmp_path, text, *, steps=8, **wishes):
    """What is told of a script."""
    (tmp_path / "train.py").write_text(text)
    run = run_watched(tmp_path / "train.py", steps=steps, rules=(), wishes=Wishes(**wishes))
    return next(event for log in run.logs if (event := log.last(RecipeCompared)))


def script_of(event):
    return {value.name: value.script for value in event.values}


def loop(head, step=STEP, setup=""):
    return LOOP.replace("HEAD", head).replace("STEP", step).replace("SETUP", setup)


def test_transformer_with_groups_and_a_schedule(tmp_path):
    event = compared(tmp_path, DECODER)
    script = script_of(event)
    assert dict(event.head)["recipe"].startswith("decoder-small")
    assert "171 steps; steps as OneCycleLR has them" in dict(event.head)["run"]
    assert script["no_decay"] == "all of one dimension"
    assert (script["weight_decay"], script["lr"]) == ("0.1", "0.001")
    assert script["options"] == "betas (0.9, 0.999)", "as made, not as OneCycleLR cycles them"
    assert script["warmup"].startswith("rises")
    assert any("keep its own line in place of `criterion(...)`" in note for note in event.notes)


def test_wishes_go_before_what_is_detected(tmp_path):
    event = compared(
        tmp_path, loop("for epoch in range(9)"), family="encoder", optimizer="adam", pretrained=True, epochs=3.0
    )
    head = dict(event.head)
    assert head["recipe"].startswith("encoder-finetune")
    assert head["weights"] == "pretrained, as you said"
    assert head["run"].endswith("3 epochs, 87 steps; epochs as you said")
    assert next(value.recipe for value in event.values if value.name == "optimizer") == "Adam"


def test_largest_of_several_models(tmp_path):
    event = compared(tmp_path, TWO)
    assert event.notes[0] == "2 models are trained: this is the largest, Linear with 4,160 parameters."
    assert script_of(event)["optimizer"] == "SGD"


COSINE = "scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 12)"


@pytest.mark.parametrize(
    ("text", "steps", "run"),
    [
        (loop("for epoch in range(7)"), 8, "7 epochs, 203 steps; epochs as the loop around the loader has them"),
        (loop("for epoch in range(1)"), 50, "1 epochs, 29 steps; the whole run was seen"),
        (loop("for epoch in [0, 1]"), 8, "580 steps; 20 epochs are assumed"),
        (loop("for epoch in range(7)", setup=COSINE), 8, "12 epochs, 348 steps; epochs as CosineAnnealingLR has them"),
        (loop("for epoch in range(n * 2 - 1)", setup="n = 4"), 8, "7 epochs, 203 steps"),
    ],
    ids=["loop", "seen to its end", "nobody says", "scheduler", "arithmetic"],
)
def test_length_of_the_run(tmp_path, text, steps, run):
    assert run in dict(compared(tmp_path, text, steps=steps).head)["run"]


def test_accumulated_batches(tmp_path):
    step = "seen = globals().get('seen', 0) + 1\n        if seen % 4 == 0: optimizer.step(); optimizer.zero_grad()"
    event = compared(tmp_path, loop("for epoch in range(7)", step))
    assert script_of(event)["batch_size"] == "256 in 4 passes"
    assert "batch 256, 7 epochs, 56 steps" in dict(event.head)["run"]


def test_family_that_is_not_known(tmp_path):
    own = "class Own(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    own += "        self.w = nn.Parameter(torch.ones(64))\n    def forward(self, x): return x * self.w\n"
    text = loop("for epoch in range(7)").replace("model = nn.Linear(64, 10)", own + "model = Own()")
    event = compared(tmp_path, text)
    assert event.title.startswith("generic")
    assert any("say --family" in note for note in event.notes)


def test_clipping_that_acts_is_seen_with_its_bound(tmp_path):
    step = "nn.utils.clip_grad_norm_(model.parameters(), 0.01); " + STEP
    assert script_of(compared(tmp_path, loop("for epoch in range(7)", step)))["clip"] == "norm 0.01"


def test_clipping_that_never_acts_is_named(tmp_path):
    step = "nn.utils.clip_grad_norm_(model.parameters(), 1e6); " + STEP
    assert script_of(compared(tmp_path, loop("for epoch in range(7)", step)))["clip"].startswith("in the code")


WRAPPED = (
    DIGITS
    + """
from transformers import get_linear_schedule_with_warmup

class Shown(torch.optim.Optimizer):
    def __init__(self, inner):
        self.inner = inner

    param_groups = property(lambda self: self.inner.param_groups)
    state = defaults = {}

    def step(self):
        self.inner.step()

loader = DataLoader(TensorDataset(x, y), batch_size=32)
model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
optimizer = Shown(torch.optim.Adam(model.parameters(), lr=RATE))
scheduler = get_linear_schedule_with_warmup(optimizer, 2, 4 * len(loader))
for inputs, targets in loader:
    model.zero_grad()
    nn.functional.cross_entropy(model(inputs), targets).backward()
    optimizer.step()
    scheduler.step()
"""
)


@pytest.mark.parametrize(("rate", "count"), [("0.1", 1), ("1e-7", 1), ("0.003", 0)])
def test_a_rate_that_few_start_from_is_told(tmp_path, rate, count):
    event = compared(tmp_path, WRAPPED.replace("RATE", rate))
    told = [note for note in event.notes if "usual for Adam: 1e-05 to 0.01, most begin with 0.001" in note]
    assert len(told) == count


def test_a_schedule_on_a_wrapper_tells_how_long_the_run_is(tmp_path):
    event = compared(tmp_path, WRAPPED.replace("RATE", "1e-3"))
    assert dict(event.head)["run"].endswith("4 epochs, 228 steps; steps as LambdaLR has them")
