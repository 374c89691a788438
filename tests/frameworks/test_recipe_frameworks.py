"""A recipe in place of the set-up of a script that leaves its loop to a framework."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from trying import Bench, Tried

from wellfit.model.cure import Cure
from wellfit.model.place import Place

pytest.importorskip("lightning")
pytest.importorskip("transformers")

STEPS = 12

LIGHTNING = """\
import lightning
import torch
import wellfit
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

lightning.seed_everything(0, verbose=False)
x, y = load_digits(return_X_y=True)
loader = DataLoader(TensorDataset(torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)), 64, shuffle=True)

class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 32), nn.LayerNorm(32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10))
    def forward(self, x):
        return self.body(x)
    def training_step(self, batch, _):
        return F.cross_entropy(self(batch[0]), batch[1], label_smoothing=SMOOTHING)
    def configure_optimizers(self):
        SETUP

net = Net()
options = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
lightning.Trainer(max_epochs=2, accelerator="cpu", **options).fit(net, loader)
"""

OWN = """\
optimizer = torch.optim.SGD(self.parameters(), lr=1e-4)  # here
        return [optimizer], [torch.optim.lr_scheduler.StepLR(optimizer, 1)]
"""

BY_HAND = f"""\
plan = wellfit.recipe(self, loader, {STEPS} / len(loader), steps={STEPS})
        plan.set_dropout(self)
        optimizer, scheduler = plan.build(self)
        return {{"optimizer": optimizer, "lr_scheduler": {{"scheduler": scheduler, "interval": "step"}}}}
"""

TRAINER = """\
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

torch.manual_seed(0)
sizes = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
model = BertForSequenceClassification(BertConfig(vocab_size=50, num_labels=2, max_position_embeddings=16, **sizes))
tokens = torch.randint(1, 50, (320, 8))
rows = [{"input_ids": row, "labels": (row[0] > 25).long()} for row in tokens]
args = TrainingArguments("out", num_train_epochs=2, report_to=[], save_strategy="no", use_cpu=True, disable_tqdm=True)
Trainer(model, args, train_dataset=rows).train()  # here
"""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    script: Path = tmp_path_factory.mktemp("program") / "program.py"
    script.write_text("")
    with Bench(script) as bench:
        yield bench


def run(bench: Bench, text: str, *, samples: int = 0, batch_size: int = 1) -> Tried:
    """One trial of a program, under the recipe where it has samples."""
    bench.write(text)
    line = next((number for number, line in enumerate(text.splitlines(), 1) if "# here" in line), 0)
    epochs = STEPS / max(1, -(-samples // batch_size))
    options = {"steps": STEPS, "epochs": epochs, "samples": samples, "batch_size": batch_size}
    cures = (Cure("use_recipe", Place(str(bench.script), line, ""), options),) if samples else ()
    tried = bench.run(cures, train=STEPS, score=2)
    assert tried.end.exit_code == 0, tried.output
    return tried


def test_lightning_module_under_its_recipe_is_its_twin(bench: Bench) -> None:
    plain = LIGHTNING.replace("SMOOTHING", "0.0").replace("SETUP", OWN)
    by_hand = LIGHTNING.replace("SMOOTHING", "0.1").replace("SETUP", BY_HAND)
    tried, twin = run(bench, plain, samples=1797, batch_size=64), run(bench, by_hand)
    assert tried.changed.times == STEPS
    assert tried.losses == twin.losses
    assert tried.weights == twin.weights


def test_trainer_of_transformers_is_trained_by_its_recipe(bench: Bench) -> None:
    tried, plain = run(bench, TRAINER, samples=320, batch_size=8), run(bench, TRAINER)
    assert tried.changed.times == STEPS
    assert tried.changed.refusal is None
    assert tried.losses[1:] != plain.losses[1:]
