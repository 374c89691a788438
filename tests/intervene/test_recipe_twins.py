"""An unmodified program under a recipe is its twin that has the recipe written by hand, to the last bit."""

from dataclasses import dataclass

import pytest
from intervene.test_conformance import line_of
from trying import Bench, Tried

from wellfit.model.cure import Cure
from wellfit.model.events.recipe import RecipeApplied
from wellfit.model.place import Place

STEPS = 20

DATA = """\
import torch
import wellfit
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
torch.manual_seed(0)
x, y = load_digits(return_X_y=True)
x, y = torch.tensor(x[:800], dtype=torch.float32) / 16, torch.tensor(y[:800])
"""

OF_IMAGES = DATA + "loader = DataLoader(TensorDataset(x.reshape(-1, 1, 8, 8), y), batch_size=64, shuffle=True)\n"
OF_ROWS = DATA + "loader = DataLoader(TensorDataset(x, y), batch_size=64, shuffle=True)\n"
OF_TOKENS = DATA + (
    "tokens = (16 * x[:, :17]).long()\n"
    "loader = DataLoader(TensorDataset(tokens[:, :-1], tokens[:, 1:]), batch_size=64, shuffle=True)\n"
)

CNN = """\
model = nn.Sequential(
    nn.Conv2d(1, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU(),
    nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(8, 10),
)
"""
PLAIN_CNN = "model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 10))\n"
MLP = "model = nn.Sequential(nn.Linear(64, 32), nn.LayerNorm(32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10))\n"
GRU = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rows, self.head = nn.GRU(8, 16, num_layers=2, dropout=0.2, batch_first=True), nn.Linear(16, 10)
    def forward(self, x):
        return self.head(self.rows(x.reshape(-1, 8, 8))[0][:, -1])
model = Net()
"""
DECODER = """\
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(17, 16), nn.Linear(16, 17)
        self.block = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.2, batch_first=True)
        self.register_buffer("mask", torch.triu(torch.ones(16, 16, dtype=torch.bool), 1))
    def forward(self, tokens):
        return self.head(self.block(self.embed(tokens), src_mask=self.mask)).transpose(1, 2)
model = Net()
"""

SETUP = "optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, weight_decay=0.3)  # here\n"
"""As unlike a recipe as can be."""

LOOP = """\
for epoch in range(20):
    for inputs, targets in loader:
        loss = F.cross_entropy(model(inputs), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
"""

RECIPE = f"""\
plan = wellfit.recipe(model, loader, {STEPS} / len(loader), steps={STEPS})
optimizer, scheduler = plan.build(model)
plan.set_dropout(model)
augment = plan.augment or nn.Identity()
"""

RECIPE_LOOP = """\
for epoch in range(20):
    for inputs, targets in loader:
        loss = F.cross_entropy(model(augment(inputs)), targets, label_smoothing=plan.value("label_smoothing") or 0.0)
        optimizer.zero_grad()
        loss.backward()
        plan.clip(model)
        optimizer.step()
        scheduler.step()
"""


@dataclass(frozen=True)
class Twin:
    """One program in two spellings.

    Args:
        start: data and model of both.
        setup: of the unmodified program.
        loop: the same.
        scale: of its losses, where they are scaled before backward.
    """

    start: str
    setup: str = SETUP
    loop: str = LOOP
    scale: float = 1.0


def changed(old: str, new: str) -> str:
    assert old in LOOP
    return LOOP.replace(old, new)


SCALED = """\
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
"""
CLOSURE = """\
        def closure():
            optimizer.zero_grad()
            loss = F.cross_entropy(model(inputs), targets)
            loss.backward()
            return loss
        optimizer.step(closure)
"""
HEAD, BODY = LOOP.split("        loss = ")[0], LOOP.split("        loss.backward()\n")[0]

TWINS = {
    "cnn with augmentation": Twin(OF_IMAGES + CNN),
    "cnn without norms": Twin(OF_IMAGES + PLAIN_CNN),
    "mlp with groups": Twin(OF_ROWS + MLP),
    "gru": Twin(OF_ROWS + GRU),
    "decoder that is clipped": Twin(OF_TOKENS + DECODER),
    "schedule of its own": Twin(
        OF_ROWS + MLP,
        SETUP + "own = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3.0, total_steps=500)\n",
        changed("optimizer.step()", "optimizer.step(); own.step()"),
    ),
    "clipping of its own": Twin(
        OF_IMAGES + CNN, loop=changed("optimizer.step()", "nn.utils.clip_grad_norm_(model.parameters(), 1e-3); optimizer.step()")
    ),
    "rate set by the loop": Twin(
        OF_ROWS + MLP, loop=changed("optimizer.step()", "optimizer.param_groups[0]['lr'] = 5.0; optimizer.step()")
    ),
    "smoothing of its own": Twin(OF_ROWS + MLP, loop=changed("targets)", "targets, label_smoothing=0.4)")),
    "closure": Twin(OF_ROWS + MLP, loop=HEAD + CLOSURE),
    "scaled gradients": Twin(
        OF_ROWS + MLP, SETUP + "scaler = torch.amp.GradScaler('cpu', init_scale=1024.0)\n", BODY + SCALED, 1024.0
    ),
    "SGD": Twin(OF_ROWS + MLP, "optimizer = torch.optim.SGD(model.parameters(), lr=3.0, momentum=0.5)  # here\n"),
    "groups of its own": Twin(
        OF_ROWS + MLP,
        "optimizer = torch.optim.AdamW([{'params': model[0].parameters(), 'lr': 1.0}], lr=0.1)  # here\n"
        "optimizer.add_param_group({'params': [*model[1].parameters(), *model[4].parameters()], 'weight_decay': 9.0})\n",
    ),
}


def under_recipe(bench: Bench, program: str, **options: object) -> Tried:
    place = Place(str(bench.script), line_of(program), "")
    given = {"steps": STEPS, "epochs": STEPS / 13, "samples": 800, "batch_size": 64, **options}
    bench.write(program)
    return bench.run((Cure("use_recipe", place, given),), train=STEPS, score=2)


def applied(tried: Tried) -> RecipeApplied:
    return tried.of(RecipeApplied)[-1]


@pytest.mark.parametrize("name", TWINS)
def test_the_program_under_the_recipe_is_its_twin(name: str, bench: Bench) -> None:
    twin = TWINS[name]
    tried = under_recipe(bench, twin.start + twin.setup + twin.loop)
    bench.write(twin.start + RECIPE + RECIPE_LOOP)
    by_hand = bench.run(train=STEPS, score=2)
    assert by_hand.end.exit_code == 0, by_hand.output
    assert tried.end.exit_code == 0, tried.output
    assert tried.changed.times == STEPS
    assert len(by_hand.losses) == STEPS
    assert [loss / twin.scale for loss in tried.losses] == by_hand.losses
    assert tried.weights == by_hand.weights
