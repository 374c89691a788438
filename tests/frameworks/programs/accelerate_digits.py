"""An Accelerate program with gradient accumulation."""

import argparse

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--lr", type=float, default=5e-3)
    parser.add_argument("--epochs", type=int, default=3)
    args = parser.parse_args()
    set_seed(3)
    x, y = load_digits(return_X_y=True)
    x, y = torch.tensor(x, dtype=torch.float32) / 16, torch.tensor(y)
    net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, 10))
    accelerator = Accelerator(cpu=True, gradient_accumulation_steps=2)
    net, optimizer, loader, held = accelerator.prepare(
        net,
        torch.optim.AdamW(net.parameters(), lr=args.lr),
        DataLoader(TensorDataset(x[:1400], y[:1400]), batch_size=32, shuffle=True),
        DataLoader(TensorDataset(x[1400:], y[1400:]), batch_size=256),
    )
    for epoch in range(args.epochs):
        net.train()
        for rows, labels in loader:
            with accelerator.accumulate(net):
                accelerator.backward(F.cross_entropy(net(rows), labels))
                optimizer.step()
                optimizer.zero_grad()
        net.eval()
        with torch.no_grad():
            losses = [F.cross_entropy(net(rows), labels).item() for rows, labels in held]
        print(f"epoch {epoch} held={sum(losses) / len(losses)!r}")
    print("weights", sum(p.double().sum().item() for p in net.parameters()).hex())


if __name__ == "__main__":
    main()
