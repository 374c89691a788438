"""Gradient accumulation: eight small batches make one optimizer step; a short last group still counts."""

import torch
from sklearn.datasets import load_breast_cancer
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

ACCUMULATE = 8


def make_loaders(seed):
    table = load_breast_cancer()
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(table.target), generator=g)
    x = torch.tensor(table.data, dtype=torch.float32)[order]
    y = torch.tensor(table.target, dtype=torch.float32)[order]
    mean, std = x[:450].mean(0), x[:450].std(0)
    x = (x - mean) / std
    train = DataLoader(TensorDataset(x[:450], y[:450]), batch_size=4, shuffle=True, generator=g)
    test = DataLoader(TensorDataset(x[450:], y[450:]), batch_size=64)
    return train, test


class TumourNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(30, 32), nn.LayerNorm(32), nn.SiLU(), nn.Linear(32, 1))

    def forward(self, x):
        return self.layers(x).squeeze(1)


def main():
    torch.manual_seed(21)
    train, test = make_loaders(21)
    net, criterion = TumourNet(), nn.BCEWithLogitsLoss()
    optimizer = torch.optim.AdamW(net.parameters(), lr=4e-3)
    for epoch in range(6):
        net.train()
        running = 0.0
        for i, (x, y) in enumerate(train, start=1):
            loss = criterion(net(x), y)
            (loss / ACCUMULATE).backward()  # <- ill
            running += loss.item()
            if i % ACCUMULATE == 0 or i == len(train):
                optimizer.step()
        net.eval()
        with torch.no_grad():
            right = sum(((net(x) > 0) == (y > 0.5)).sum().item() for x, y in test)
        print(f"epoch {epoch} loss {running / len(train):.4f} test accuracy {right / len(test.dataset):.4f}")


main()
