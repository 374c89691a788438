"""The batch size of a script that leaves its loop, or its loader, to a framework."""

from pathlib import Path

import pytest

from wellfit.find.batch_script.search import BatchTerms, find_batch
from wellfit.find.spending import Spending
from wellfit.model.batch import BatchAnswer
from wellfit.script.command import Command

pytest.importorskip("lightning")
pytest.importorskip("transformers")
pytest.importorskip("accelerate")

LIGHTNING = """\
import lightning
import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

lightning.seed_everything(0, verbose=False)
x = torch.randn(600, 64)
data = TensorDataset(x, (x[:, :4].sum(1) > 0).long())

class Data(lightning.LightningDataModule):
    def train_dataloader(self):
        return DataLoader(data, 32, shuffle=True)  # here
    def val_dataloader(self):
        return DataLoader(data, 128)

class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(64, 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, 2))
    def training_step(self, batch, _):
        return F.cross_entropy(self.body(batch[0]), batch[1])
    def validation_step(self, batch, _):
        F.cross_entropy(self.body(batch[0]), batch[1])
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)

options = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
trainer = lightning.Trainer(max_epochs=2, accelerator="cpu", accumulate_grad_batches=2, **options)
trainer.fit(Net(), datamodule=Data())
"""

TRAINER = """\
import torch
from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments

torch.manual_seed(0)
sizes = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
model = BertForSequenceClassification(BertConfig(vocab_size=50, num_labels=2, max_position_embeddings=64, **sizes))
tokens = torch.randint(1, 50, (96, 48))
rows = [{"input_ids": row[: 4 + i % 44], "labels": (row[0] > 25).long()} for i, row in enumerate(tokens)]

def collate(rows):
    ids = torch.nn.utils.rnn.pad_sequence([row["input_ids"] for row in rows], batch_first=True)
    return {"input_ids": ids, "attention_mask": (ids > 0).long(), "labels": torch.stack([r["labels"] for r in rows])}

args = TrainingArguments("out", num_train_epochs=1, report_to=[], save_strategy="no", use_cpu=True, disable_tqdm=True,
                         eval_strategy="epoch", per_device_train_batch_size=4)
Trainer(model, args, train_dataset=rows, eval_dataset=rows[:20], data_collator=collate).train()  # here
"""

ACCELERATE = """\
import torch
from accelerate import Accelerator
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

accelerator = Accelerator(cpu=True, gradient_accumulation_steps=4)
torch.manual_seed(0)
x = torch.randn(600, 20)
y = (x[:, 0] > 0).long()
loader = DataLoader(TensorDataset(x, y), batch_size=16, shuffle=True, drop_last=True)  # here
model = nn.Sequential(nn.Linear(20, 32), nn.ReLU(), nn.Linear(32, 2))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)
for epoch in range(3):
    for rows, labels in loader:
        with accelerator.accumulate(model):
            loss = nn.functional.cross_entropy(model(rows), labels)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
"""


def found(folder: Path, text: str) -> BatchAnswer:
    """The answer on a script, which has seen nothing of it."""
    import sys

    script = folder / "train.py"
    script.write_text(text)
    command = Command((sys.executable, str(script)), "train.py", folder)
    answer = find_batch(command, BatchTerms(8), Spending(folder, 90.0))
    assert [path.name for path in folder.iterdir()] == ["train.py"]
    assert script.read_text() == text
    made_at = answer.loader.made_at
    assert made_at is not None
    assert "# here" in text.splitlines()[made_at.line - 1]
    return answer


def test_lightning(tmp_path: Path) -> None:
    answer = found(tmp_path, LIGHTNING)
    loader = answer.loader
    assert (loader.batch_size, loader.rows, loader.accumulate, loader.batch_norm) == (32, 600, 2, True)
    assert answer.fits.size == 600
    assert answer.fits.evaluated
    assert answer.critical.size is not None
    assert [timed.size for timed in answer.curve] == [16, 32, 64, 128, 256, 512]


def test_trainer_of_transformers_with_samples_of_many_lengths(tmp_path: Path) -> None:
    answer = found(tmp_path, TRAINER)
    loader = answer.loader
    assert (loader.batch_size, loader.rows, loader.accumulate, loader.optimizer) == (4, 96, 1, "AdamW")
    assert (loader.shortest, loader.longest) == (5, 48)
    assert answer.fits.size == 96
    assert answer.fits.evaluated


def test_accelerate(tmp_path: Path) -> None:
    answer = found(tmp_path, ACCELERATE)
    loader = answer.loader
    assert (loader.batch_size, loader.rows, loader.accumulate, loader.drop_last) == (16, 600, 4, True)
    assert answer.fits.size == 600
    assert answer.critical.size is not None
    assert answer.size is not None
    assert answer.size >= 16
