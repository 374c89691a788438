"""Digits by Lightning: validation by loss and accuracy, after each epoch."""

import logging
import tempfile
import warnings

import lightning as L
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset
from truth import accuracy, tell

warnings.simplefilter("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class Digits(L.LightningModule):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))

    def forward(self, x):
        return self.net(x)

    def training_step(self, batch, _):
        x, y = batch
        return F.cross_entropy(self(x), y)

    def validation_step(self, batch, _):
        x, y = batch
        self.log("right", (self(x).argmax(1) == y).float().mean())

    def on_validation_epoch_end(self):
        tell(self, self.global_step, train[:], test[:], accuracy)

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), lr=3e-3)


torch.manual_seed(0)
digits = load_digits()
order = torch.randperm(1797)
x, y = torch.tensor(digits.data / 16).float()[order], torch.tensor(digits.target)[order]
train, test = TensorDataset(x[:1200], y[:1200]), TensorDataset(x[1200:], y[1200:])
model = Digits()
with tempfile.TemporaryDirectory() as folder:
    trainer = L.Trainer(
        max_epochs=8, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
        enable_model_summary=False, default_root_dir=folder,
    )  # fmt: skip
    trainer.fit(model, DataLoader(train, 40, shuffle=True), DataLoader(test, 200))
