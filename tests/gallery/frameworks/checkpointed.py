"""Gradient checkpointing of both kinds (`--reentrant`); `--ill softmax|no-zero-grad` puts a bug in."""

import argparse

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.checkpoint import checkpoint

parser = argparse.ArgumentParser()
parser.add_argument("--reentrant", action="store_true")
parser.add_argument("--ill", choices=["softmax", "no-zero-grad"])
args = parser.parse_args()


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Linear(64, 64)
        self.blocks = nn.ModuleList(
            nn.Sequential(nn.LayerNorm(64), nn.Linear(64, 64), nn.GELU(), nn.Dropout(0.1)) for _ in range(3)
        )
        self.head = nn.Linear(64, 10)

    def forward(self, x):
        x = self.stem(x)
        for block in self.blocks:
            x = x + checkpoint(block, x, use_reentrant=args.reentrant)
        x = self.head(x)
        if args.ill == "softmax":
            x = x.softmax(dim=1)  # <- ill: softmax
        return x


torch.manual_seed(0)
digits = load_digits()
x, y = torch.tensor(digits.data, dtype=torch.float32) / 16, torch.tensor(digits.target)
model = Net()
optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
for step in range(60):
    rows = torch.randint(1500, (64,))
    loss = F.cross_entropy(model(x[rows]), y[rows])
    loss.backward()  # <- ill: no-zero-grad
    optimizer.step()
    if args.ill != "no-zero-grad":
        optimizer.zero_grad()
    print(step, loss.item().hex())
print("weights", sum(p.double().sum().item() for p in model.parameters()).hex())
