"""An unmodified program under a recipe is its twin that has the recipe written by hand, to the last bit."""

from dataclasses import dataclass

import pytest
from intervene.test_conformance import line_of
from trying import Bench, Tried

from wellfit.model.cure import Cure
from wellfit.model.events.recipe import RecipeApplied
from wellfit.model.place import Place
from wellfit.model.score import Score

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
HEAD, BODY = (LOOP.partition(line)[0] for line in ("        loss = ", "        loss.backward()\n"))

TWINS = {
    "cnn with augmentation": Twin(OF_IMAGES + CNN),
    "mlp with groups": Twin(OF_ROWS + MLP),
    "gru": Twin(OF_ROWS + GRU),
    "decoder that is clipped": Twin(OF_TOKENS + DECODER),
    "schedule of its own": Twin(
        OF_ROWS + MLP,
        SETUP + "own = torch.optim.lr_scheduler.OneCycleLR(optimizer, 3.0, total_steps=500)\n",
        changed("optimizer.step()", "optimizer.step(); own.step()"),
    ),
    "clipping of its own": Twin(
        OF_IMAGES + CNN,
        loop=changed("optimizer.step()", "nn.utils.clip_grad_norm_(model.parameters(), 1e-3); optimizer.step()"),
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
        "optimizer.add_param_group({'params': [*model[1].parameters(), *model[4].parameters()], 'lr': 9.0})\n",
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


AVERAGED = """\
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
averaged = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(plan.value("ema")), use_buffers=True)
"""
AVERAGE = f"""; averaged.update_parameters(model)
        if scheduler.last_epoch == {STEPS}:
            model.load_state_dict(averaged.module.state_dict())
"""


def test_the_average_of_the_weights_is_scored(bench: Bench) -> None:
    tried = under_recipe(bench, OF_IMAGES + PLAIN_CNN + SETUP + LOOP)
    by_hand = RECIPE_LOOP.replace("scheduler.step()\n", "scheduler.step()" + AVERAGE)
    bench.write(OF_IMAGES + PLAIN_CNN + RECIPE + AVERAGED + by_hand)
    twin = bench.run(train=STEPS, score=2)
    assert twin.end.exit_code == 0, twin.output
    assert applied(tried).besides == ("ema 0.5 (torch.optim.swa_utils.AveragedModel)",)
    assert tried.losses == twin.losses
    assert of_classes(tried) == of_classes(twin)
    bench.write(OF_IMAGES + PLAIN_CNN + RECIPE + RECIPE_LOOP)
    assert of_classes(tried) != of_classes(bench.run(train=STEPS, score=2))


def of_classes(tried: Tried) -> Score:
    """The script's own loss is not smoothed once it is only scored."""
    return next(scored.score for scored in tried.scores if scored.score.task == "classification")


def refused(bench: Bench, program: str, **options: object) -> str:
    """Why the recipe was not applied, in a program that ran as if nobody had asked."""
    tried = under_recipe(bench, program, **options)
    bench.write(program)
    as_is = bench.run(train=STEPS, score=2)
    assert tried.end.exit_code == 0, tried.output
    assert tried.losses == as_is.losses
    assert tried.weights == as_is.weights
    assert not tried.changed.times
    return tried.changed.refusal or ""


def test_a_recipe_that_torch_cannot_build_is_refused(bench: Bench) -> None:
    assert "torch.optim" in refused(bench, OF_IMAGES + CNN + SETUP + LOOP, family="resnet-lamb")


def test_an_optimizer_that_unscales_within_its_step_is_refused(bench: Bench) -> None:
    setup = "optimizer = torch.optim.Adam(model.parameters(), lr=1e-4, fused=True)  # here\n"
    scaler = "scaler = torch.amp.GradScaler('cpu', init_scale=1024.0)\n"
    tried = under_recipe(bench, OF_ROWS + MLP + setup + scaler + BODY + SCALED)
    assert tried.end.exit_code == 0, tried.output
    assert "within the step" in (tried.changed.refusal or "")
    assert not tried.changed.times


def test_another_optimizer_than_the_main_one_steps_as_it_did(bench: Bench) -> None:
    beside = "other = nn.Linear(64, 10)\nits_own = torch.optim.SGD(other.parameters(), lr=0.1)\n"
    step = "; its_own.zero_grad(); other(inputs).square().mean().backward(); its_own.step()"
    under = under_recipe(bench, OF_ROWS + MLP + beside + SETUP + changed("optimizer.step()", "optimizer.step()" + step))
    hand = RECIPE_LOOP.replace("scheduler.step()", "scheduler.step()" + step)
    bench.write(OF_ROWS + MLP + beside + RECIPE + hand)
    by_hand = bench.run(train=STEPS, score=2)
    assert under.changed.times == STEPS / 2
    assert under.losses == by_hand.losses


def test_parameters_beside_the_model_are_trained_too(bench: Bench) -> None:
    scale = "scale = nn.Parameter(torch.ones(10))\n"
    setup = "optimizer = torch.optim.Adam([*model.parameters(), scale], lr=1e-4)  # here\n"
    program = OF_ROWS + MLP + scale + setup + changed("model(inputs)", "scale * model(inputs)")
    tried = under_recipe(bench, program + "        print('SCALE', scale.sub(1).abs().max().item())\n")
    moved = [float(line.split()[1]) for line in tried.output.splitlines() if line.startswith("SCALE")]
    assert moved[-1] > 1e-3, "twenty steps of 1e-4 do not go that far"


def test_parameters_that_the_program_does_not_train_stay(bench: Bench) -> None:
    setup = "optimizer = torch.optim.Adam(model[4].parameters(), lr=1e-4)  # here\nkept = model[0].weight.clone()\n"
    tried = under_recipe(bench, OF_ROWS + MLP + setup + LOOP + "        assert torch.equal(kept, model[0].weight)\n")
    assert tried.end.exit_code == 0, tried.output
    assert tried.changed.times == STEPS


def test_parameters_that_join_later_are_trained_from_then_on(bench: Bench) -> None:
    setup = "optimizer = torch.optim.Adam(model[4].parameters(), lr=1e-4)  # here\nkept = model[0].weight.clone()\n"
    joins = """
        if step == 5: optimizer.add_param_group({'params': model[0].parameters(), 'lr': 1e-4})
        print('MOVED', step, (kept - model[0].weight).abs().max().item())
        step += 1
"""
    program = OF_ROWS + MLP + setup + "step = 0\n" + changed("optimizer.step()\n", "optimizer.step()" + joins)
    bench.write(program)
    given = {"steps": STEPS, "epochs": STEPS / 13, "samples": 800, "batch_size": 64}
    tried = bench.run((Cure("use_recipe", None, given),), train=STEPS, score=2)
    moved = [float(line.split()[2]) for line in tried.output.splitlines() if line.startswith("MOVED")]
    assert tried.changed.times == STEPS
    assert not any(moved[:6])
    assert moved[6] > 1e-3, "the recipe's rate, not the program's"


def test_the_programs_own_object_can_be_saved_and_read(bench: Bench) -> None:
    own = "; optimizer.load_state_dict(optimizer.state_dict()); assert optimizer.param_groups[0]['lr'] == 1e-4"
    tried = under_recipe(bench, OF_ROWS + MLP + SETUP + changed("optimizer.step()", "optimizer.step()" + own))
    assert tried.end.exit_code == 0, tried.output
    assert tried.changed.times == STEPS


def test_hooks_of_the_programs_own_are_called(bench: Bench) -> None:
    hook = SETUP + "optimizer.register_step_post_hook(lambda *_: print('HOOK'))\n"
    tried = under_recipe(bench, OF_ROWS + MLP + hook + LOOP)
    assert tried.output.count("HOOK") == STEPS + 2


def test_the_next_model_of_the_same_line_is_trained_by_a_recipe_of_its_own(bench: Bench) -> None:
    body = "".join(f"    {line}\n" for line in (MLP + SETUP + LOOP.replace("range(20)", "range(1)")).splitlines())
    tried = under_recipe(bench, f"{OF_ROWS}for fold in range(3):\n{body}")
    assert tried.changed.times == STEPS
    assert tried.losses[13] > 1.5, "a fresh model"


UNFLATTENED = CNN.replace("nn.Conv2d(1, 8", "nn.Unflatten(1, (1, 8, 8)), nn.Conv2d(1, 8")
NO_DROPOUT = "model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))\n"
OWN_LOSS = changed("F.cross_entropy(model(inputs), targets)", "F.nll_loss(model(inputs).log_softmax(1), targets)")

LEFT_OUT = {
    "augmentation shift 0.125": OF_ROWS + UNFLATTENED + SETUP + LOOP,
    "dropout 0.15": OF_ROWS + NO_DROPOUT + SETUP + LOOP,
    "label_smoothing 0.1": OF_IMAGES + PLAIN_CNN + SETUP + OWN_LOSS,
}


@pytest.mark.parametrize("value", LEFT_OUT)
def test_what_cannot_be_applied_is_named(value: str, bench: Bench) -> None:
    tried = under_recipe(bench, LEFT_OUT[value])
    assert tried.changed.times == STEPS
    assert [text for text in applied(tried).not_applied if text.startswith(f"{value}: ")]


def test_what_is_applied_is_not_named_as_left_out(bench: Bench) -> None:
    event = applied(under_recipe(bench, OF_IMAGES + CNN + SETUP + LOOP))
    assert event.not_applied == ()
    assert event.besides == ("dropout 0 (wellfit.set_dropout)", "augmentation shift 0.125 (plan.augment)")
    assert dict(event.values)["augmentation"] == "shift 0.125"
    assert event.steps == STEPS


def test_normalised_images_are_moved_as_well(bench: Bench) -> None:
    program = OF_IMAGES.replace("x.reshape", "(4 * x - 2).reshape") + CNN + SETUP + LOOP
    tried = under_recipe(bench, program)
    assert tried.end.exit_code == 0, tried.output
    assert applied(tried).not_applied == ()
