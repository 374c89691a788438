"""Weights are held still while answers are scored, whatever steps them."""

from importlib.util import find_spec

import pytest
from intervene.programs import LOOP, MODEL, SGD, START
from trying import Bench

WATCH = """
import hashlib
from torch.optim.optimizer import register_optimizer_step_post_hook
def fingerprint():
    state = b"".join(value.detach().numpy().tobytes() for value in net.state_dict().values())
    return hashlib.sha256(state).hexdigest()
register_optimizer_step_post_hook(lambda *_: print("HASH", fingerprint()))
"""
"""Written by the program itself: its hook runs after ours, once for each step."""

NORMED = "net = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Dropout(0.2), nn.Linear(16, 3))\n"

ACCUMULATED = """\
for step in range(48):
    batch = torch.randint(0, 64, (16,))
    (cross_entropy(net(x[batch]), y[batch]) / 2).backward()
    if step % 2:
        optimizer.step()
        optimizer.zero_grad()
"""
CLOSED = """\
for step in range(24):
    def closure():
        optimizer.zero_grad()
        loss = cross_entropy(net(x), y)
        loss.backward()
        return loss
    optimizer.step(closure)
"""
SCALED = """\
scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
for step in range(24):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = cross_entropy(net(x), y)
    optimizer.zero_grad()
    scaler.scale(loss).backward()
    scaler.step(optimizer)
    scaler.update()
"""
LIGHTNING = """\
import warnings, logging
warnings.filterwarnings("ignore")
import lightning
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
class Module(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.net, self.automatic_optimization = net, {automatic}
    def training_step(self, batch, index):
        loss = cross_entropy(self.net(batch[0]), batch[1])
        if not self.automatic_optimization:
            self.optimizers().zero_grad()
            self.manual_backward(loss)
            self.optimizers().step()
        return loss
    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=0.01)
trainer = lightning.Trainer(
    max_steps=24, logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    accelerator="cpu",
)
trainer.fit(Module(), DataLoader(TensorDataset(x, y), batch_size=16))
"""
HUGGING_FACE = """\
import transformers
class Rows(torch.utils.data.Dataset):
    def __len__(self):
        return 64
    def __getitem__(self, index):
        return {"x": x[index], "labels": y[index]}
class Classifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = net
    def forward(self, x, labels):
        scores = self.net(x)
        return {"loss": cross_entropy(scores, labels), "logits": scores}
settings = transformers.TrainingArguments(
    "out", max_steps=24, report_to=[], save_strategy="no", disable_tqdm=True, use_cpu=True, logging_strategy="no"
)
transformers.Trainer(Classifier(), settings, train_dataset=Rows()).train()
"""

PROGRAMS = {
    "SGD with momentum": "optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)\n" + LOOP,
    "Adam": "optimizer = torch.optim.Adam(net.parameters(), lr=0.01, weight_decay=0.1)\n" + LOOP,
    "AdamW": "optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)\n" + LOOP,
    "LBFGS": "optimizer = torch.optim.LBFGS(net.parameters(), max_iter=3)\n" + CLOSED,
    "scaled": SGD + SCALED,
    "accumulated": SGD + ACCUMULATED,
}
FRAMEWORKS = {
    "lightning automatic": ("lightning", LIGHTNING.format(automatic=True)),
    "lightning manual": ("lightning", LIGHTNING.format(automatic=False)),
    "hugging face": ("transformers", HUGGING_FACE),
}


def hashes(bench: Bench, program: str) -> list[str]:
    """Of the weights and buffers after each step: 6 that train, 3 that are scored."""
    bench.write(START + NORMED + WATCH + program)
    tried = bench.run(train=6, score=4)
    assert tried.end.exit_code == 0, tried.output
    assert tried.scores[0].score.rows > 0
    return [line.split()[1] for line in tried.output.splitlines() if line.startswith("HASH ")]


def is_held(seen: list[str]) -> bool:
    training, held = seen[:6], seen[5:]
    return len(set(training)) == 6 and len(held) >= 4 and len(set(held)) == 1


@pytest.mark.parametrize("name", PROGRAMS)
def test_weights_move_in_training_and_stay_afterwards(name: str, bench: Bench) -> None:
    assert is_held(hashes(bench, PROGRAMS[name]))


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_frameworks_are_held_still_as_well(name: str, bench: Bench) -> None:
    package, program = FRAMEWORKS[name]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    assert is_held(hashes(bench, program))


def test_answers_are_scored_in_evaluation_mode(bench: Bench) -> None:
    model = NORMED + "net.register_forward_hook(lambda *_: print('MODE', net.training))\n"
    bench.write(START + model + SGD + LOOP)
    modes = [line for line in bench.run(train=6, score=4).output.splitlines() if line.startswith("MODE")]
    assert modes == ["MODE True"] * 6 + ["MODE False"] * 4


def test_a_shorter_program_says_so(bench: Bench) -> None:
    bench.write(START + MODEL + SGD + LOOP.replace("range(24)", "range(3)"))
    tried = bench.run(train=6, score=4)
    assert tried.end.exit_code == 0
    assert len(tried.steps) == 3


@pytest.mark.parametrize("name", ["LBFGS", "scaled"])
def test_a_batch_that_comes_again_is_scored_once(name: str, bench: Bench) -> None:
    """Of LBFGS also within a step, where the closure answers with the weights that are held."""
    bench.write(START + MODEL + PROGRAMS[name])
    rows = {scored.score.task: scored.score.rows for scored in bench.run(train=6, score=4).scores}
    assert rows["classification"] == 64  # all there are
