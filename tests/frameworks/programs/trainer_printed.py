"""Hugging Face Trainer that prints its own dictionaries of metrics, those with seconds in them included."""

import argparse
import tempfile

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import TensorDataset
from transformers import Trainer, TrainingArguments


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))

    def forward(self, x, labels=None):
        logits = self.net(x)
        return {"loss": F.cross_entropy(logits, labels), "logits": logits}


def collate(rows):
    return {"x": torch.stack([x for x, _ in rows]), "labels": torch.stack([y for _, y in rows])}


def accuracy(prediction):
    return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--steps", type=int, default=60)
    args = parser.parse_args()
    torch.manual_seed(0)
    x, y = load_digits(return_X_y=True)
    x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            folder, seed=0, max_steps=args.steps, per_device_train_batch_size=32, per_device_eval_batch_size=256,
            learning_rate=args.lr, logging_steps=5, eval_strategy="steps", eval_steps=20, save_strategy="no",
            report_to="none", use_cpu=True, disable_tqdm=True,
        )  # fmt: skip
        model = Net()
        trainer = Trainer(
            model, arguments, data_collator=collate, train_dataset=TensorDataset(x[:1400], y[:1400]),
            eval_dataset=TensorDataset(x[1400:], y[1400:]), compute_metrics=accuracy,
        )  # fmt: skip
        trainer.train()
    for entry in trainer.state.log_history:
        print({name: entry[name].hex() for name in ("loss", "eval_loss", "eval_accuracy") if name in entry})
    print("weights", sum(p.double().sum().item() for p in model.parameters()).hex())


if __name__ == "__main__":
    main()
