"""Handwritten digits with a small network that learns at a rate far too low (ill)."""

import argparse

import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, TensorDataset


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    pixels, labels = load_digits(return_X_y=True)
    rows = TensorDataset(torch.tensor(pixels, dtype=torch.float32) / 16, torch.tensor(labels))
    train, validation = torch.utils.data.random_split(rows, [1400, len(rows) - 1400])
    loader = DataLoader(train, batch_size=32, shuffle=True)
    model = nn.Sequential(nn.Linear(64, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=args.epochs * len(loader))
    for epoch in range(1, args.epochs + 1):
        model.train()
        for inputs, targets in loader:
            loss = F.cross_entropy(model(inputs), targets)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        model.eval()
        with torch.no_grad():
            inputs, targets = validation.dataset[validation.indices]
            loss = F.cross_entropy(model(inputs), targets)
            accuracy = (model(inputs).argmax(1) == targets).float().mean()
        print(f"epoch {epoch:2d} | validation loss {loss:.3f} | accuracy {accuracy:.1%}")


if __name__ == "__main__":
    main()
