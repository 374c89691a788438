"""A Lightning program; `--ill softmax` or `--ill no-zero-grad` (manual optimization) puts a bug in."""

import argparse
import logging
import tempfile
import warnings

import lightning as L
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import ModelCheckpoint
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore", module="lightning")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class LitDigits(L.LightningModule):
    def __init__(self, ill):
        super().__init__()
        self.ill = ill
        self.automatic_optimization = ill != "no-zero-grad"
        self.net = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10))

    def forward(self, x):
        if self.ill == "softmax":
            return F.softmax(self.net(x), dim=-1)  # <- ill: softmax
        return self.net(x)

    def training_step(self, batch, batch_idx):
        x, y = batch
        loss = F.cross_entropy(self(x), y)
        print("loss", loss.item().hex())
        if not self.automatic_optimization:
            optimizer = self.optimizers()
            self.manual_backward(loss)  # <- ill: no-zero-grad
            optimizer.step()
        return loss

    def validation_step(self, batch, batch_idx):
        x, y = batch
        logits = self(x)
        self.log("val_loss", F.cross_entropy(logits, y))
        self.log("val_acc", (logits.argmax(-1) == y).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=5e-3)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ill", choices=["softmax", "no-zero-grad"])
    args = parser.parse_args()
    L.seed_everything(7, verbose=False)
    digits = load_digits()
    x, y = torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target)
    train = DataLoader(TensorDataset(x[:1280], y[:1280]), batch_size=64, shuffle=True)
    val = DataLoader(TensorDataset(x[1280:], y[1280:]), batch_size=256)
    with tempfile.TemporaryDirectory() as folder:
        trainer = L.Trainer(
            max_epochs=3,
            accelerator="cpu",
            logger=False,
            callbacks=[ModelCheckpoint(folder, monitor="val_loss")],
            enable_progress_bar=False,
            enable_model_summary=False,
            gradient_clip_val=None if args.ill == "no-zero-grad" else 1.0,
        )
        model = LitDigits(args.ill)
        trainer.fit(model, train, val)
    for name, value in sorted(trainer.callback_metrics.items()):
        print(name, value.item().hex())
    print("weights", sum(p.double().sum().item() for p in model.parameters()).hex())


if __name__ == "__main__":
    main()
