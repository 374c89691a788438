"""Progression of diabetes from ten measurements, by regression on shapes that do not match (ill)."""

import argparse

import torch
from sklearn.datasets import load_diabetes
from torch import nn


class Regressor(nn.Module):
    def __init__(self, hidden, dropout):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(10, hidden),
            nn.SiLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.SiLU(),
            nn.Linear(hidden, 1),
        )

    def forward(self, x):
        return self.layers(x)


def load(seed):
    data = load_diabetes()
    x = torch.tensor(data.data, dtype=torch.float32)
    x = x / x.std(dim=0)
    y = torch.tensor(data.target, dtype=torch.float32)
    y = (y - y.mean()) / y.std()
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed))
    x, y = x[order], y[order]
    return (x[:342], y[:342]), (x[342:], y[342:])


def explained_variance(model, x, y):
    model.eval()
    with torch.no_grad():
        residual = y - model(x).squeeze(1)
    return 1 - (residual.var() / y.var()).item()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=38)
    parser.add_argument("--lr", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    (x, y), held_out = load(args.seed)
    model = Regressor(hidden=32, dropout=0.1)
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr)
    for epoch in range(1, args.epochs + 1):
        model.train()
        for rows in torch.randperm(len(x)).split(args.batch_size):
            prediction = model(x[rows])
            loss = ((prediction - y[rows]) ** 2).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 10 == 0:
            r2 = explained_variance(model, *held_out)
            print(f"epoch {epoch:3d} | loss {loss.item():.4f} | explained variance {r2:+.3f}")


if __name__ == "__main__":
    main()
