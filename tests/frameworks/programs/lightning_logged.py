"""A Lightning program that logs what it measures to a CSV file and to TensorBoard."""

import argparse
import logging
import tempfile
import warnings

import lightning
import torch
from lightning.pytorch.loggers import CSVLogger, TensorBoardLogger
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset

warnings.filterwarnings("ignore", module="lightning")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)


class LitDigits(lightning.LightningModule):
    def __init__(self, lr):
        super().__init__()
        self.lr = lr
        self.net = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.1), nn.Linear(64, 10))

    def training_step(self, batch, _):
        loss = F.cross_entropy(self.net(batch[0]), batch[1])
        self.log("train_loss", loss)
        return loss

    def validation_step(self, batch, _):
        logits = self.net(batch[0])
        self.log("held_loss", F.cross_entropy(logits, batch[1]))
        self.log("held_acc", (logits.argmax(-1) == batch[1]).float().mean())

    def configure_optimizers(self):
        return torch.optim.AdamW(self.parameters(), lr=self.lr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args()
    lightning.seed_everything(7, verbose=False)
    digits = load_digits()
    x, y = torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target)
    train = DataLoader(TensorDataset(x[:1280], y[:1280]), batch_size=64, shuffle=True)
    held = DataLoader(TensorDataset(x[1280:], y[1280:]), batch_size=256)
    with tempfile.TemporaryDirectory() as folder:
        trainer = lightning.Trainer(
            max_epochs=args.epochs,
            accelerator="cpu",
            logger=[CSVLogger(folder), TensorBoardLogger(folder)],
            log_every_n_steps=5,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        model = LitDigits(args.lr)
        trainer.fit(model, train, held)
    for name, value in sorted(trainer.callback_metrics.items()):
        print(name, value.item().hex())
    print("weights", sum(p.double().sum().item() for p in model.parameters()).hex())


if __name__ == "__main__":
    main()
